"""What a meter shows, as sampled values: chosen by the settings, in the units and phases that the station's kind of
meter has (`Metering`), in the words of 1.6 or of 2.x."""

from __future__ import annotations

import struct
from collections.abc import Container, Iterator
from typing import NamedTuple

from ohmstead.simulator.evse import Reading
from ohmstead.simulator.outbox import Words
from ohmstead.simulator.traits import Metering

REGISTER = "Energy.Active.Import.Register"
PERIODIC = "Sample.Periodic"
_WARM = 31.5


class Sample(NamedTuple):
    """One value; energy in Wh or, by `unit` or `multiplier`, in thousands of it."""

    measurand: str
    value: float
    unit: str
    phase: str | None = None
    location: str | None = None
    multiplier: int = 0


def words_2(metering: Metering, reading: Reading, context: str, chosen: Container[str]) -> list[Words]:
    """SampledValueType of 2.x."""
    return [_words_2(metering, sample, context) for sample in _samples(metering, reading, context, chosen)]


def words_16(metering: Metering, reading: Reading, context: str, chosen: Container[str]) -> list[Words]:
    """SampledValue of 1.6: values are texts, registers whole Wh."""
    return [_words_16(sample, context) for sample in _samples(metering, reading, context, chosen, whole=True)]


def _words_2(metering: Metering, sample: Sample, context: str) -> Words:
    value = round(sample.value, 2 if sample.unit != "kWh" and not sample.multiplier else 5)
    if metering.single_precision:
        value = struct.unpack("f", struct.pack("f", value))[0]
    unit: Words = {"unit": sample.unit}
    if sample.multiplier:
        unit["multiplier"] = sample.multiplier
    words: Words = {"measurand": sample.measurand, "value": value, "unitOfMeasure": unit}
    return {**words, **_where(sample), "context": context}


def _words_16(sample: Sample, context: str) -> Words:
    digits = {"Wh": 0, "kWh": 3, "W": 0, "A": 2}.get(sample.unit, 1)
    words: Words = {"measurand": sample.measurand, "value": f"{sample.value:.{digits}f}", "unit": sample.unit}
    return {**words, **_where(sample), "context": context}


def _where(sample: Sample) -> Words:
    place = {"phase": sample.phase, "location": sample.location}
    return {name: value for name, value in place.items() if value is not None}


def _samples(
    metering: Metering, reading: Reading, context: str, chosen: Container[str], *, whole: bool = False
) -> Iterator[Sample]:
    for sample in _shown(reading):
        if sample.measurand not in chosen:
            continue
        if sample.measurand == REGISTER:
            yield from _registers(metering, int(sample.value) if whole else sample.value, context)
        else:
            yield sample
    if metering.temperature and whole:
        yield Sample("Temperature", _WARM, metering.temperature, location="Body")


def _registers(metering: Metering, register_wh: float, context: str) -> Iterator[Sample]:
    thousands = metering.unit == "kWh" or (metering.unit == "mixed" and context == PERIODIC)
    scale, unit = (1000.0, "kWh") if thousands else (1.0, "Wh")
    if metering.multiplier:
        scale, unit = 10.0**metering.multiplier, "Wh"
    if metering.register == "total":
        yield Sample(REGISTER, register_wh / scale, unit, multiplier=metering.multiplier)
        return
    third = float(int(register_wh / 3))
    for phase, part in (("L1", register_wh - 2 * third), ("L2", third), ("L3", third)):
        yield Sample(REGISTER, part / scale, unit, phase, multiplier=metering.multiplier)


def _shown(reading: Reading) -> Iterator[Sample]:
    direct = reading.soc is not None
    yield Sample(REGISTER, reading.register_wh, "Wh")
    yield Sample("Power.Active.Import", max(0.0, reading.power_w), "W")
    if reading.exported_wh is not None:
        yield Sample("Energy.Active.Export.Register", reading.exported_wh, "Wh")
        yield Sample("Power.Active.Export", max(0.0, -reading.power_w), "W")
    if reading.offered_w != float("inf"):
        yield Sample("Power.Offered", reading.offered_w, "W")
    for number, amps in enumerate(reading.currents_a, 1):
        yield Sample("Current.Import", max(0.0, amps), "A", None if direct else f"L{number}")
    for number, volts in enumerate(reading.voltages_v, 1):
        yield Sample("Voltage", volts, "V", None if direct else f"L{number}-N")
    if reading.soc is not None:
        yield Sample("SoC", reading.soc, "Percent", location="EV")
