from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain import metering
from ohmstead.domain.metering import (
    BEGIN,
    END,
    ENERGY,
    POWER,
    Meter,
    Reading,
    Register,
    base_unit,
    best,
    measured,
    normalise,
    read,
    reading,
)

quick = settings(database=None, deadline=None, max_examples=200)


@pytest.mark.parametrize(
    ("value", "unit", "multiplier", "expected"),
    [
        (1.5, "kWh", 0, (1500.0, "Wh")),
        (1500, "Wh", 0, (1500, "Wh")),
        (1.5, None, 3, (1500.0, "Wh")),
        (2, "kWh", -1, (200.0, "Wh")),
        (7.36, "kW", 0, (7360.0, "W")),
        (7.36, "KW", 0, (7360.0, "W")),
        (1, "MWh", 0, (1e6, "Wh")),
        (3, "kvarh", 0, (3000.0, "varh")),
        (3, "kVA", 0, (3000.0, "VA")),
        (21, "Celcius", 0, (21, "Celsius")),
        (294.15, "K", 0, (21.0, "Celsius")),
        (70, "Fahrenheit", 0, (21.111111, "Celsius")),
        (50, "Hertz", 0, (50, "Hz")),
        (80, "Percent", 0, (80, "Percent")),
        (-67, "dBm", 0, (-67, "dBm")),
        (1, "furlong", 0, (1, "furlong")),
    ],
)
def test_units(value: float, unit: str | None, multiplier: int, expected: tuple[float, str]) -> None:
    number, base = normalise(value, unit, multiplier)
    assert (pytest.approx(number), base) == expected


@pytest.mark.parametrize(
    ("measurand", "unit"),
    [
        (ENERGY, "Wh"),
        ("Energy.Reactive.Net", "varh"),
        ("Energy.Apparent.Import", "VAh"),
        ("EnergyRequest.Bulk", "Wh"),
        (POWER, "W"),
        ("Power.Reactive.Import", "var"),
        ("Power.Factor", ""),
        ("Current.Import.Offered", "A"),
        ("Voltage.Maximum", "V"),
        ("Frequency", "Hz"),
        ("SoC", "Percent"),
        ("Temperature", "Celsius"),
        ("Display.InletHot", ""),
        ("Vendor.Thing", ""),
    ],
)
def test_base_units(measurand: str, unit: str) -> None:
    assert base_unit(measurand) == unit


@pytest.mark.parametrize("value", ["", "OCMF|{}|{}", "NaN", "inf", "1e400", "1e16", "12,5"])
def test_what_is_no_number_is_no_reading(value: str) -> None:
    assert reading(1, value) is None


def test_a_multiplier_of_any_size_raises_nothing() -> None:
    assert reading(1, 1.0, multiplier=400) is None
    assert reading(1, 1.0, multiplier=10**30) is None
    assert reading(1, 1.0, multiplier=299) is None
    assert reading(1, 5.0, multiplier=-299) == Reading(1, 5e-299)


def test_the_defaults_are_the_specifications() -> None:
    assert reading(7, "15.25") == Reading(7, 15.25, ENERGY, "Wh", None, "Sample.Periodic", "Outlet")
    assert reading(7, 16, "Current.Import") == Reading(7, 16.0, "Current.Import", "A")
    assert reading(7, 1, "Vendor.Thing", "furlong") == Reading(7, 1.0, "Vendor.Thing", "furlong")


def test_a_unit_of_another_kind_counts_by_its_scale() -> None:
    assert reading(7, 2, ENERGY, "kW") == Reading(7, 2000.0)


@quick
@given(st.text(), st.text(), st.text(), st.integers())
def test_nothing_a_station_writes_raises(value: str, measurand: str, unit: str, multiplier: int) -> None:
    one = reading(1, value, measurand, unit, multiplier=multiplier)
    assert one is None or math.isfinite(one.value)


def phases(measurand: str, *values: float, at: int = 1) -> list[Reading]:
    return [Reading(at, value, measurand, phase=f"L{n}") for n, value in enumerate(values, 1)]


@pytest.mark.parametrize(
    ("readings", "registers"),
    [
        ([], []),
        ([Reading(1, 10.0)], [Register(1, 10.0, 0, "Sample.Periodic")]),
        ([Reading(1, 22.44000244140625)], [Register(1, 22.44, 0, "Sample.Periodic")]),
        (phases(ENERGY, 1, 2, 3), [Register(1, 6, 0, "Sample.Periodic")]),
        ([*phases(ENERGY, 1, 2, 3), Reading(1, 6.5)], [Register(1, 6.5, 0, "Sample.Periodic")]),
        (phases(ENERGY, 4), [Register(1, 4, 0, "Sample.Periodic")]),
        ([*phases(ENERGY, 1, 2), Reading(1, 2, phase="L2-N")], [Register(1, 3, 0, "Sample.Periodic")]),
        ([Reading(1, 9.0, phase="N")], []),
        ([Reading(1, 9.0, location="EV"), Reading(1, 8.0, location="Cable")], []),
        ([Reading(1, 9.0, "Energy.Active.Export.Register")], []),
        (
            [Reading(1, 5.0), Reading(1, 9.0, location="Inlet")],
            [Register(1, 5.0, 0, "Sample.Periodic"), Register(1, 9.0, 1, "Sample.Periodic")],
        ),
        (
            [Reading(1, 5.0, context=BEGIN), Reading(2, 6.0, context=END)],
            [Register(1, 5.0, 0, BEGIN), Register(2, 6.0, 0, END)],
        ),
    ],
)
def test_registers(readings: list[Reading], registers: list[Register]) -> None:
    assert measured(readings)[0] == registers


@pytest.mark.parametrize(
    ("readings", "power"),
    [
        ([], None),
        ([Reading(1, 7360.0, POWER)], (1, 7360.0)),
        (phases(POWER, 2300.0, 2310.0, 2290.0), (1, 6900.0)),
        ([*phases(POWER, 2300.0, 2300.0), Reading(1, 4599.0, POWER)], (1, 4599.0)),
        ([Reading(1, 9.0, POWER), Reading(3, 7.0, POWER), Reading(2, 8.0, POWER)], (3, 7.0)),
        ([Reading(1, 9.0, POWER, location="Inlet"), Reading(1, 8.0, POWER)], (1, 8.0)),
        ([Reading(1, 9.0, POWER, phase="N")], None),
        ([Reading(1, 9.0, "Power.Offered")], None),
        ([Reading(1, 0.0, POWER), *phases("Power.Active.Export", 10.0, 10.0, 12.0)], (1, -32.0)),
        ([Reading(1, 9.0, POWER), Reading(1, 0.0, "Power.Active.Export")], (1, 9.0)),
        ([Reading(2, 9.0, POWER), Reading(1, 5.0, "Power.Active.Export")], (2, 9.0)),
        ([Reading(1, 5.0, "Power.Active.Export")], (1, -5.0)),
    ],
)
def test_power(readings: list[Reading], power: tuple[int, float] | None) -> None:
    assert measured(readings)[1] == power


def meter(*registers: Register) -> Meter | None:
    meters: tuple[Meter, ...] = ()
    for register in registers:
        meters = read(meters, register)
    return best(meters)


def at(time: int, wh: float, place: int = 0, context: str = "Sample.Periodic") -> Register:
    return Register(time, wh, place, context)


@pytest.mark.parametrize(
    ("registers", "energy", "trouble"),
    [
        ([], None, None),
        ([at(1, 1000)], 0, None),
        ([at(1, 1000), at(2, 1500)], 500, None),
        ([at(2, 1500), at(1, 1000)], 500, None),
        ([at(1, 1000), at(1, 1000), at(2, 1500), at(2, 1500)], 500, None),
        # the name counts more than the time
        ([at(1, 900), at(2, 1000, context=BEGIN), at(3, 1500, context=END), at(4, 1600)], 500, "went on"),
        ([at(5, 1000, context=BEGIN), at(2, 1001), at(9, 1500)], 500, None),
        # backwards
        ([at(1, 1000), at(2, 400)], 0, "began"),
        ([at(1, 1000), at(2, 0), at(3, 1500)], 500, "fell"),
        ([at(1, 1000), at(2, 2000), at(3, 1500)], 500, "fell"),
        ([at(1, 1000), at(2, 1500.7), at(3, 1500)], 500, None),
        # places
        ([at(1, 10), at(1, 5000, 1), at(2, 20), at(2, 5012, 1)], 10, None),
        ([at(1, 5000, 1), at(2, 5012, 1)], 12, None),
        ([at(1, 10), at(1, 5000, 1), at(9, 5012, 1)], 12, None),
        ([at(1, 5000, 1), at(5, 10), at(9, 5012, 1)], 12, None),
        ([at(1, 10, 1, BEGIN), at(0, 10, 1, END), at(1, 90, 2, BEGIN), at(0, 95, 2, END)], 0, None),
        ([at(0, 10), at(100, 20), at(0, 5000, 1), at(101, 5012, 1)], 10, None),
    ],
)
def test_energy(registers: list[Register], energy: float | None, trouble: str | None) -> None:
    for order in (registers, registers[::-1]):
        found = meter(*order)
        assert (None if found is None else found.energy_wh) == energy
        told = None if found is None else found.backwards() or found.beyond()
        assert (told is None) == (trouble is None)
        assert trouble is None or trouble.replace("went on", "after it") in (told or "")


registers = st.builds(
    at,
    st.integers(0, 9),
    st.integers(0, 5).map(float),
    st.integers(0, 2),
    st.sampled_from(["Sample.Periodic", BEGIN, END, "Sample.Clock"]),
)


@quick
@given(st.lists(registers, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_registers_is_nothing(found: list[Register], dice: object) -> None:
    expected = meter(*found)
    assert expected is not None
    assert expected.energy_wh >= 0
    shuffled = found + found[:3]
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert meter(*shuffled) == expected


@quick
@given(st.lists(registers, min_size=1, max_size=6))
def test_begin_and_end_are_what_they_are_called(found: list[Register]) -> None:
    place = meter(*found).place  # type: ignore[union-attr]
    here = [register for register in found if register.place == place]
    begins = [register for register in here if register.context == BEGIN] or here
    ends = [register for register in here if register.context == END] or here
    first = min((register.at, register.wh) for register in begins)
    last = max((register.at, register.wh) for register in ends)
    result = meter(*found)
    assert result is not None
    assert (result.begin_at, result.begin_wh, result.end_at, result.end_wh) == (*first, *last)


def test_what_was_given_back_is_between_the_lowest_and_the_highest_register() -> None:
    def readings(*values: float) -> list[Reading]:
        return [Reading(1, value, metering.EXPORT) for value in values]

    assert metering.exported([], None) is None
    assert metering.exported(readings(700.0, 500.0), None) == (500.0, 700.0)
    assert metering.exported(readings(900.0), (500.0, 700.0)) == (500.0, 900.0)
    assert metering.exported([Reading(1, 5.0)], (500.0, 700.0)) == (500.0, 700.0)
