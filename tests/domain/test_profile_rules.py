"""What stations take: converted, or refused in words; clashes; what a bare Rejected may mean."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.device_model import Attribute, Name, Variable, model
from ohmstead.domain.profile_rules import (
    Abilities,
    CannotFit,
    abilities,
    clashes,
    explained,
    fitted,
    number_for,
    shortened,
)
from ohmstead.domain.profiles import SECOND, Period
from tests.domain.test_profiles import HOUR, T, profile


def said(variable: str, value: str) -> Variable:
    return Variable(Name("SmartChargingCtrlr", variable), (Attribute(value=value),))


def test_what_a_station_says_of_itself_and_what_is_known_better() -> None:
    words = {"RateUnit": '"Current", Power', "ProfileStackLevel": "2", "PeriodsPerSchedule": "5",
             "MaxExternalConstraintsId": "9", "Enabled": "true"}  # fmt: skip
    known = model([said(name, value) for name, value in words.items()])
    assert abilities(known, {}) == Abilities(level_max=2, units=("A", "W"), periods_max=5, first_id=10, enabled=True)
    better = abilities(known, {"rate_unit": "W", "stack_level_max": 0, "profile_kind": "Relative", "voltage": 240})
    assert (better.units, better.level_max, better.relative, better.voltage) == (("W",), 0, True, 240)
    assert abilities(model([said("ProfileStackLevel", "many")]), {}) == Abilities()


def test_k05_amperes_become_watts_and_never_more() -> None:
    found = fitted(profile(1, 10, 7.3), Abilities(units=("W",)), T).schedule
    assert (found.unit, [one.limit for one in found.periods]) == ("W", [6900.0, 5037.0])
    found = fitted(profile(1, 7000, unit="W"), Abilities(units=("A",)), T).schedule
    assert found.periods[0].limit == 10.1


def test_an_absolute_schedule_gets_its_start() -> None:
    found = fitted(profile(1, 10, start=None), Abilities(), T + 1234)
    assert found.schedule.start == T


def test_neighbours_that_say_the_same_are_one() -> None:
    assert len(fitted(profile(1, 10, 10, 8), Abilities(periods_max=2), T).schedule.periods) == 2


def test_stations_that_follow_relative_only() -> None:
    found = fitted(profile(1, 10, duration_s=900), Abilities(relative=True), T)
    assert (found.kind, found.schedule.start, found.schedule.duration_s) == ("Relative", None, None)
    assert found.valid_to == T + 900 * SECOND
    assert fitted(profile(1, 10, 8), Abilities(relative=True), T).kind == "Absolute"  # a plan would be moved


REFUSED: list[tuple[dict[str, Any], Abilities, str]] = [
    ({"purpose": "ChargingStationExternalConstraints", "evse_id": 0}, Abilities(), "K01.FR.22"),
    ({"purpose": "ChargingStationMaxProfile"}, Abilities(), "EVSE 0"),
    ({"purpose": "ChargingStationMaxProfile", "evse_id": 0, "kind": "Relative"}, Abilities(), "K01.FR.38"),
    ({"purpose": "TxProfile", "evse_id": 0}, Abilities(), "one EVSE"),
    ({"stack_level": 3}, Abilities(level_max=2), "stack level is 3, the station's highest 2"),
    ({"kind": "Recurring"}, Abilities(), "recurrency_kind"),
    ({"valid_to": T, "valid_from": T}, Abilities(), "over before it begins"),
]


@pytest.mark.parametrize(("fields", "can", "words"), REFUSED)
def test_what_is_refused_before_it_is_sent(fields: dict[str, Any], can: Abilities, words: str) -> None:
    with pytest.raises(CannotFit, match=words):
        fitted(profile(1, 10, **fields), can, T)


@pytest.mark.parametrize(
    ("periods", "words"),
    [
        ((Period(5, 10),), "K01.FR.31"),
        ((Period(0, 10), Period(0, 8)), "one after the other"),
        ((Period(0, float("nan")),), "finite"),
        ((Period(0, -3),), "finite"),
        ((Period(0, 10, phase_to_use=2),), "K01.FR.19"),
        (tuple(Period(n, 6.0 + n) for n in range(8)), "8 periods, the station takes 5"),
        ((Period(0, 10, setpoint=3),), "ChargingOnly has no setpoint"),
    ],
)
def test_periods_that_are_refused(periods: tuple[Period, ...], words: str) -> None:
    one = profile(1)
    one = replace(one, schedules=(replace(one.schedule, periods=periods),))
    with pytest.raises(CannotFit, match=words):
        fitted(one, Abilities(periods_max=5), T)


def test_k03_the_number_is_used_again_and_a_clash_is_cleared() -> None:
    old = [profile(7), profile(8, evse_id=2), profile(9, valid_to=T)]
    assert number_for(profile(0), old) == 7
    assert number_for(profile(0, stack_level=1), old) is None
    assert clashes(profile(1, valid_from=T), old) == [7]
    assert clashes(profile(7), old) == [9]
    assert clashes(profile(1, stack_level=1), old) == []


def test_what_a_bare_rejected_may_mean() -> None:
    words = "; ".join(explained(profile(1, 5, stack_level=1, purpose="TxProfile", duration_s=HOUR), Abilities()))
    for part in ("stack level", "units", "TxDefaultProfile", "6 A"):
        assert part in words
    assert explained(profile(1, 16), Abilities(level_max=1, units=("A",))) == []
    assert explained(profile(1, 16), Abilities(level_max=1, units=("A",), enabled=False)) != []


@pytest.mark.parametrize(("most", "kept", "duration"), [(None, 3, 60), (3, 3, 60), (2, 2, 20), (1, 1, 10)])
def test_what_may_be_shorter_ends_where_the_next_period_would_begin(most: int | None, kept: int, duration: int) -> None:
    periods = (Period(0, 10.0), Period(10, 7.0), Period(20, 9.0))
    one = profile(1, 10)
    one = replace(one, schedules=(replace(one.schedule, periods=periods, duration_s=60),))
    found = shortened(one, Abilities(periods_max=most)).schedule
    assert (len(found.periods), found.duration_s) == (kept, duration)
