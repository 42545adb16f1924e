"""Frames of the ledger read again: what a message of a transaction measured, whatever version it came in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ohmstead.blocks.command import given
from ohmstead.blocks.readings import readings_16, readings_v2
from ohmstead.domain import metering
from ohmstead.domain.metering import BEGIN, END, Reading
from ohmstead.ocpp import codec
from ohmstead.ocpp.versions import V16, V21, V201, Version
from ohmstead.runtime import from_datetime
from ohmstead.store.resources import frames

VERSIONS: dict[str, tuple[Version, ...]] = {
    "TransactionEvent": (V21, V201),
    "StartTransaction": (V16,),
    "MeterValues": (V16,),
    "StopTransaction": (V16,),
}
"""Action of the ledger -> the versions it can have come from; 2.1 reads nearly all of 2.0.1."""


class Told(NamedTuple):
    """What one message told: when, all that was measured, and the charging state where it named one."""

    at: int
    readings: tuple[Reading, ...]
    charging_state: str | None = None


def told(messages: Iterable[tuple[str, str]]) -> list[Told]:
    """What (action, frame) of a transaction tell; a frame that no version can read tells nothing."""
    found = []
    for action, text in messages:
        frame = frames.read(text)
        one = None if frame is None else _told(action, frame.payload)
        if one is not None:
            found.append(one)
    return found


def _told(action: str, payload: Any) -> Told | None:
    for version in VERSIONS.get(action, ()):
        try:
            message, _ = codec.decode_request(version, action, payload)
        except codec.Refused:
            continue
        if version is V16:
            return _told_16(action, message)
        state = given(message.transaction_info.charging_state)
        return Told(from_datetime(message.timestamp), readings_v2(message.meter_value), state)
    return None


def _told_16(action: str, message: Any) -> Told:
    """1.6 says the begin and the end of the register outside the samples."""
    if action == "MeterValues":
        samples = readings_16(message.meter_value)
        return Told(max((one.at for one in samples), default=0), samples)
    at = from_datetime(message.timestamp)
    if action == "StartTransaction":
        samples, wh, context = (), message.meter_start, BEGIN
    else:
        samples, wh, context = readings_16(message.transaction_data), message.meter_stop, END
    register = metering.reading(at, wh, context=context)
    return Told(at, samples if register is None else (*samples, register))
