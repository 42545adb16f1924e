"""Composite schedules: tables, and the simulator's own reading as an independent witness."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain.profiles import (
    SECOND,
    Period,
    Place,
    Profile,
    Schedule,
    Step,
    allowed,
    compared,
    composite,
    converted,
    limit_of,
)
from ohmstead.simulator import profiles as witness

T = 1_764_000_000 * SECOND
HOUR = 3600
PLACE = Place(1, 3, 230.0, "tx", T - 600 * SECOND)


def profile(id: int = 1, *limits: float, **fields: Any) -> Profile:
    """Hours of `limits`, from T on."""
    unit, start = fields.pop("unit", "A"), fields.pop("start", T)
    periods = tuple(Period(n * HOUR, limit) for n, limit in enumerate(limits or (16.0,)))
    schedule = Schedule(unit, periods, start, fields.pop("duration_s", None))
    known = {"evse_id": 1, "stack_level": 0, "purpose": "TxDefaultProfile", "kind": "Absolute"}
    return Profile(id=id, schedules=(schedule,), **(known | fields))


def shown(steps: list[Step]) -> list[tuple[int, float | None]]:
    return [(one.start_s, one.limit) for one in steps]


def test_periods_follow_each_other_until_the_duration_is_over() -> None:
    steps = composite([profile(1, 16, 10, duration_s=2 * HOUR)], T, 3 * HOUR, "A", PLACE)
    assert shown(steps) == [(0, 16), (HOUR, 10), (2 * HOUR, None)]
    assert steps[0].purpose == "TxDefaultProfile"
    assert shown(composite([], T, HOUR, "A", PLACE)) == [(0, None)]
    assert shown(composite([], T, HOUR, "A", PLACE, rating=32)) == [(0, 32)]


def test_the_higher_level_counts_while_it_says_something() -> None:
    high = profile(2, 20, duration_s=HOUR, stack_level=1)
    assert shown(composite([profile(1, 10), high], T, 2 * HOUR, "A", PLACE)) == [(0, 20), (HOUR, 10)]


def test_a_tx_profile_stands_in_the_place_of_the_default_until_it_lapses() -> None:
    own = profile(2, 20, purpose="TxProfile", transaction_id="tx", valid_to=T + 900 * SECOND)
    assert shown(composite([profile(1, 6), own], T, HOUR, "A", PLACE)) == [(0, 20), (900, 6)]
    other = profile(2, 20, purpose="TxProfile", transaction_id="another")
    assert shown(composite([profile(1, 6), other], T, HOUR, "A", PLACE)) == [(0, 6)]
    assert allowed([own], T, "A", Place(1)) is None  # nothing runs


def test_the_station_and_others_cap_what_the_evse_may() -> None:
    cap = profile(2, 8, purpose="ChargingStationMaxProfile", evse_id=0)
    assert allowed([profile(1, 16), cap], T, "A", PLACE) == (8, "ChargingStationMaxProfile")
    sun = profile(3, 4, purpose="LocalGeneration", evse_id=0)
    assert allowed([profile(1, 16), cap, sun], T, "A", PLACE) == (12, "ChargingStationMaxProfile")
    assert allowed([cap, profile(1, 6)], T, "A", Place(0)) == (8, "ChargingStationMaxProfile")
    first = profile(4, 20, purpose="PriorityCharging")
    assert allowed([profile(1, 6), first], T, "A", PLACE) == (20, "PriorityCharging")


def test_recurring_begins_again_and_relative_begins_with_the_transaction() -> None:
    night = profile(1, 6, duration_s=HOUR, kind="Recurring", recurrency="Daily", start=T - 23 * HOUR * SECOND)
    assert shown(composite([night], T, 3 * HOUR, "A", PLACE)) == [(0, None), (HOUR, 6), (2 * HOUR, None)]
    relative = profile(1, 16, 6, kind="Relative", start=None)
    assert shown(composite([relative], T, HOUR, "A", PLACE)) == [(0, 16), (HOUR - 600, 6)]


def test_units() -> None:
    assert converted(10, "A", "W", 3) == 6900
    assert converted(6900, "W", "A", 3) == 10
    one_phase = Period(0, 10, number_phases=1)
    odd = Profile(id=1, evse_id=1, stack_level=0, purpose="TxDefaultProfile", kind="Absolute",
                  schedules=(Schedule("A", (one_phase,), T),))  # fmt: skip
    assert limit_of(odd, T, "W", PLACE) == 2300
    phases = Profile(id=1, evse_id=1, stack_level=0, purpose="TxDefaultProfile", kind="Absolute",
                     schedules=(Schedule("A", (Period(0, 16, limit_l2=10, limit_l3=16),), T),))  # fmt: skip
    assert limit_of(phases, T, "A", PLACE) == 10


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ([Step(0, 10)], [Step(0, 10.05)], 0),
        ([Step(0, 10)], [Step(0, 16)], 1),
        ([Step(0, 10), Step(100, 6)], [Step(0, 10), Step(101, 6)], 0),  # the question took a second
        ([Step(0, 10), Step(100, 6)], [Step(0, 10), Step(140, 6)], 1),
        ([Step(0, None)], [Step(0, 32)], 0),  # the hardware
        ([Step(0, 10)], [Step(0, None)], 1),
    ],
)
def test_two_composite_schedules_compared(ours: list[Step], theirs: list[Step], words: int) -> None:
    found = compared(ours, theirs, 600)
    assert len(found) == words, found


_offsets = st.integers(-3, 5).map(lambda n: T + n * 700 * SECOND)


@st.composite
def stacks(draw: st.DrawFn) -> list[Profile]:
    found = []
    for id in range(draw(st.integers(0, 5))):
        purpose = draw(st.sampled_from(["TxProfile", "TxDefaultProfile", "ChargingStationMaxProfile"]))
        kind = draw(st.sampled_from(["Absolute", "Recurring", "Relative"]))
        of_station = purpose == "ChargingStationMaxProfile"
        if of_station and kind == "Relative":
            kind = "Absolute"
        count = draw(st.integers(1, 3))
        unit = draw(st.sampled_from(["A", "W"]))
        limits = draw(st.lists(st.integers(0, 40 if unit == "A" else 25_000), min_size=count, max_size=count))
        periods = tuple(Period(n * 500, float(limit)) for n, limit in enumerate(limits))
        start = None if kind == "Relative" else draw(_offsets)
        schedule = Schedule(unit, periods, start, draw(st.sampled_from([None, 400, 2000])))  # type: ignore[arg-type]
        found.append(
            Profile(
                id=id, evse_id=0 if of_station else 1, stack_level=id, purpose=purpose, kind=kind,
                schedules=(schedule,),
                recurrency="Daily" if kind == "Recurring" else None, valid_to=draw(st.none() | _offsets),
                transaction_id="tx" if purpose == "TxProfile" else None, received_at=T,
            )
        )  # fmt: skip
    return found


def as_witnessed(one: Profile) -> witness.Profile:
    schedule = one.schedule
    periods = tuple(witness.Period(period.start_s, period.limit) for period in schedule.periods)
    return witness.Profile(
        id=one.id, evse_id=one.evse_id, stack_level=one.stack_level, purpose=one.purpose, kind=one.kind,
        schedule=witness.Schedule(schedule.unit, periods, schedule.start, schedule.duration_s),
        recurrency=one.recurrency, valid_to=one.valid_to, transaction_id=one.transaction_id, received=one.received_at,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(stacks())
def test_it_says_what_the_simulators_own_reading_says(stack: list[Profile]) -> None:
    station = witness.Profiles()
    for one in stack:
        station.install(as_witnessed(one))
    steps = composite(stack, T, 3000, "W", PLACE)
    for second in range(0, 3000, 50):
        at = T + second * SECOND
        own = station.evse_limit_w(witness.Use(1, 3, "tx", PLACE.started_at), at)
        limit = min(own, station.station_limit_w(at, 3))
        mine = next(step.limit for step in reversed(steps) if step.start_s <= second)
        assert (float("inf") if mine is None else mine) == pytest.approx(limit)
