"""J: the readings in messages of both dialects, in base units."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from msgspec import UNSET

from ohmstead.blocks.command import given
from ohmstead.domain import metering
from ohmstead.domain.metering import Reading
from ohmstead.runtime import from_datetime


def readings_v2(meter_values: Any, only: Container[str] | None = None) -> tuple[Reading, ...]:
    """The readings of a 2.x message in base units, those of some measurands or all; what is no number is left out."""
    if meter_values is UNSET:
        return ()
    found = []
    for meter_value in meter_values:
        at = from_datetime(meter_value.timestamp)
        for sample in meter_value.sampled_value:
            if only is not None and sample.measurand not in only:
                continue
            unit = sample.unit_of_measure
            found.append(
                metering.reading(
                    at,
                    sample.value,
                    sample.measurand,
                    None if unit is UNSET else unit.unit,
                    multiplier=0 if unit is UNSET else unit.multiplier,
                    phase=given(sample.phase),
                    context=sample.context,
                    location=sample.location,
                )
            )
    return tuple(one for one in found if one is not None)


def readings_16(meter_values: Any) -> tuple[Reading, ...]:
    """All readings of a 1.6 message; signed data is kept in the frame, not read here."""
    if meter_values is UNSET:
        return ()
    found = []
    for meter_value in meter_values:
        at = from_datetime(meter_value.timestamp)
        for sample in meter_value.sampled_value:
            if given(sample.format) == "SignedData":
                continue
            found.append(
                metering.reading(
                    at,
                    sample.value,
                    given(sample.measurand),
                    given(sample.unit),
                    phase=given(sample.phase),
                    context=given(sample.context),
                    location=given(sample.location),
                )
            )
    return tuple(one for one in found if one is not None)
