"""The measured values in the messages of a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ohmstead.blocks.reading import told
from ohmstead.domain.metering import Reading
from ohmstead.runtime import from_datetime, to_datetime
from ohmstead.shapes.transaction import MeterValue


def values_of(messages: Iterable[tuple[str, str]]) -> list[MeterValue]:
    """All values in (action, frame), each once, by time."""
    found: dict[Reading, None] = {reading: None for one in told(messages) for reading in one.readings}
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


def thinned(values: list[MeterValue], seconds: int) -> list[MeterValue]:
    """The last value of each measurand, phase and place in every `seconds`."""
    kept: dict[tuple[Any, ...], MeterValue] = {}
    for value in values:
        slot = from_datetime(value.at) // (seconds * 1_000_000)
        kept[slot, value.measurand, value.phase, value.location] = value
    return list(kept.values())
