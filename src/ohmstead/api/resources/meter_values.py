"""The measured values in the messages of a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ohmstead.blocks.booking import readings_16, readings_v2
from ohmstead.domain import metering
from ohmstead.domain.metering import BEGIN, END, Reading
from ohmstead.ocpp import codec
from ohmstead.ocpp.versions import V16, V21, V201, Version
from ohmstead.runtime import from_datetime, to_datetime
from ohmstead.shapes.transaction import MeterValue
from ohmstead.store.resources import frames

VERSIONS: dict[str, tuple[Version, ...]] = {
    "TransactionEvent": (V21, V201),
    "StartTransaction": (V16,),
    "MeterValues": (V16,),
    "StopTransaction": (V16,),
}
"""Action of the ledger -> the versions it can have come from; 2.1 reads nearly all of 2.0.1."""


def values_of(messages: Iterable[tuple[str, str]]) -> list[MeterValue]:
    """All values in (action, frame), each once, by time."""
    found: dict[Reading, None] = {}
    for action, text in messages:
        frame = frames.read(text)
        if frame is not None:
            found |= dict.fromkeys(_readings(action, frame.payload))
    ordered = sorted(found, key=lambda one: (one.at, one.measurand, one.phase or "", one.location))
    return [
        MeterValue(
            at=to_datetime(one.at),
            measurand=one.measurand,
            phase=one.phase,
            value=one.value,
            unit=one.unit,
            context=one.context,
            location=one.location,
        )
        for one in ordered
    ]


def _readings(action: str, payload: Any) -> list[Reading]:
    for version in VERSIONS.get(action, ()):
        try:
            message, _ = codec.decode_request(version, action, payload)
        except codec.Refused:
            continue
        if version is V16:
            return _readings_16(action, message)
        return list(readings_v2(message.meter_value))
    return []


def _readings_16(action: str, message: Any) -> list[Reading]:
    """1.6 says the begin and the end of the register outside the samples."""
    if action == "MeterValues":
        return list(readings_16(message.meter_value))
    if action == "StartTransaction":
        samples, wh, context = [], message.meter_start, BEGIN
    else:
        samples, wh, context = list(readings_16(message.transaction_data)), message.meter_stop, END
    register = metering.reading(from_datetime(message.timestamp), wh, context=context)
    return samples if register is None else [*samples, register]


def thinned(values: list[MeterValue], seconds: int) -> list[MeterValue]:
    """The last value of each measurand, phase and place in every `seconds`."""
    kept: dict[tuple[Any, ...], MeterValue] = {}
    for value in values:
        slot = from_datetime(value.at) // (seconds * 1_000_000)
        kept[slot, value.measurand, value.phase, value.location] = value
    return list(kept.values())
