from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.profiles import UNLIMITED, Period, Profile, Profiles, Schedule, Use, share_out

S = 1_000_000
NOW = 1_764_000_000 * S


def profile(id: int = 1, limit: float = 10.0, **more: Any) -> Profile:
    schedule = more.pop("schedule", Schedule("A", (Period(0, limit),)))
    kinds = {"evse_id": 1, "stack_level": 0, "purpose": "TxDefaultProfile", "kind": "Absolute", **more}
    return Profile(id=id, schedule=schedule, **kinds)


def limit(profiles: Profiles, at: int = NOW, tx: str | None = "t", started: int | None = NOW) -> float:
    return profiles.evse_limit_w(Use(1, 3, tx, started), at)


def filled(*some: Profile) -> Profiles:
    profiles = Profiles()
    for one in some:
        profiles.install(one)
    return profiles


def test_without_profiles_there_is_no_limit() -> None:
    assert limit(Profiles()) == UNLIMITED
    assert Profiles().station_limit_w(NOW, 3) == UNLIMITED


def test_units_and_phases() -> None:
    assert limit(filled(profile(limit=10))) == 6900
    assert limit(filled(profile(schedule=Schedule("W", (Period(0, 4000),))))) == 4000
    assert limit(filled(profile(schedule=Schedule("A", (Period(0, 10, 1),))))) == 2300


def test_the_highest_level_that_says_something_counts() -> None:
    short = Schedule("A", (Period(0, 6),), start=NOW, duration_s=60)
    profiles = filled(profile(1, 16), profile(2, stack_level=1, schedule=short))
    assert limit(profiles) == 6 * 690
    assert limit(profiles, NOW + 60 * S) == 16 * 690


def test_a_transaction_profile_replaces_the_default() -> None:
    own = profile(2, 20, purpose="TxProfile", transaction_id="t")
    profiles = filled(profile(1, 8), own)
    assert limit(profiles) == 20 * 690
    assert limit(profiles, tx="other") == 8 * 690


def test_relative_schedules_start_with_the_transaction() -> None:
    steps = Schedule("A", (Period(0, 16), Period(300, 8)))
    profiles = filled(profile(kind="Relative", schedule=steps))
    assert limit(profiles, NOW + 299 * S) == 16 * 690
    assert limit(profiles, NOW + 300 * S) == 8 * 690


def test_recurring_schedules_come_again() -> None:
    night = Schedule("A", (Period(0, 16), Period(3600, 6)), start=NOW - 86_400 * 9 * S)
    profiles = filled(profile(kind="Recurring", recurrency="Daily", schedule=night))
    assert limit(profiles, NOW + 60 * S) == 16 * 690
    assert limit(profiles, NOW + 7200 * S) == 6 * 690


def test_validity() -> None:
    profiles = filled(profile(valid_from=NOW + 10 * S, valid_to=NOW + 20 * S))
    assert [limit(profiles, NOW + second * S) for second in (9, 10, 20)] == [UNLIMITED, 6900, UNLIMITED]


def test_an_absolute_schedule_of_tomorrow_says_nothing_today() -> None:
    assert limit(filled(profile(schedule=Schedule("A", (Period(0, 6),), start=NOW + 86_400 * S)))) == UNLIMITED


def test_the_station_takes_the_lowest() -> None:
    profiles = filled(
        profile(1, 32, evse_id=0, purpose="ChargingStationMaxProfile"),
        profile(2, 20, evse_id=0, purpose="ChargingStationExternalConstraints"),
    )
    assert profiles.station_limit_w(NOW, 3) == 20 * 690


def test_installing_replaces() -> None:
    profiles = filled(profile(1, 10), profile(2, 12), profile(2, 14, stack_level=3))
    assert sorted(one.stack_level for one in profiles) == [3]
    assert len(profiles.remove(lambda one: one.id == 2)) == 1
    assert len(profiles) == 0


@pytest.mark.parametrize(
    ("total", "wishes", "shares"),
    [
        (10, {1: 20.0, 2: 20.0}, {1: 5, 2: 5}),
        (10, {1: 2.0, 2: 20.0}, {1: 2, 2: 8}),
        (100, {1: 2.0, 2: 20.0}, {1: 2, 2: 20}),
        (9, {1: 0.0, 2: 20.0, 3: 3.0}, {1: 0, 2: 6, 3: 3}),
    ],
)
def test_shares(total: float, wishes: dict[int, float], shares: dict[int, float]) -> None:
    assert share_out(total, wishes) == shares
