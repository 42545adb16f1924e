"""What a measurement says of an order (whole conversations: test_control.py, and the day of tests/energy_day.py)."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ohmstead.domain.obedience import LAST, RESET_S, judged, meter_due
from ohmstead.domain.profiles import SECOND, VOLTAGE
from ohmstead.domain.regulation import FOREVER, STAGES, Account
from tests.domain.test_profiles import T
from tests.domain.test_regulation import RULES, evse


def test_judged_once_for_each_measurement_and_not_before_it_settled() -> None:
    account = Account(accepted_a=10.0, before_a=32.0, lowered_at=T, lapses_at=FOREVER, transaction_id="t")

    def measured(amps: float, after_s: int, one: Account = account) -> tuple[Account, list[str]]:
        at = T + after_s * SECOND
        found, told = judged(evse(one, measured_w=amps * 3 * VOLTAGE, measured_at=at), at, RULES)
        return found, [one.kind for one in told]

    assert measured(30, 3)[0].strikes == 0  # a car has five seconds
    early = measured(30, 6)[0]
    assert (early.strikes, measured(30, 12, early)[0].strikes) == (1, 1)  # others make room; nobody is blamed yet
    first, told = measured(30, 25)
    assert (first.strikes, told) == (1, [])
    assert measured(30, 25, first)[0].strikes == 1
    second, told = measured(30, 40, first)
    assert (STAGES[second.stage], told) == ("whole_amperes", ["limit.violated"])
    calm, told = measured(10.2, 40, first)
    assert (calm.strikes, calm.applied, told) == (0, True, ["limit.applied"])
    assert measured(10.2, 60, calm)[1] == []
    assert measured(7360, 60, account)[0].strikes == 0  # watts as amperes: no measurement


LOWERED = Account(accepted_a=10.0, before_a=32.0, lowered_at=T, lapses_at=FOREVER, transaction_id="t", seen_a=30.0)


def seen(account: Account, amps: float, after_s: int, **fields: Any) -> Account:
    at = T + after_s * SECOND
    return judged(evse(account, measured_w=amps * 3 * VOLTAGE, measured_at=at, **fields), at, RULES)[0]


def test_only_who_follows_a_lower_order_is_trusted() -> None:
    assert seen(LOWERED, 9.8, 6).trusted is True
    assert seen(LOWERED, 0.0, 6).trusted is None  # its car is full
    assert seen(replace(LOWERED, trusted=True), 30.0, 6).trusted is None
    assert seen(replace(LOWERED, trusted=False, seen_a=0.0), 9.8, 6).trusted is False
    assert seen(LOWERED, 9.8, 3).applied is False  # too early to say


def test_what_was_refused_before_its_car_had_told_its_needs_is_said_again() -> None:  # K15.FR.17
    refused = Account(stage=LAST, staged_for="t", staged_at=T)
    again, told = judged(evse(refused, asked_at=T + SECOND), T + 2 * SECOND, RULES)
    assert (again.stage, [one.kind for one in told]) == (0, ["calmed"])
    assert judged(evse(refused, asked_at=T - SECOND), T, RULES) == (refused, [])
    disobeyed = replace(refused, strikes=1)
    assert judged(evse(disobeyed, asked_at=T + SECOND), T + 2 * SECOND, RULES) == (disobeyed, [])


def test_its_meter_is_asked_where_it_does_not_tell() -> None:
    assert meter_due(evse(LOWERED), LOWERED, RULES) == T + 5 * SECOND
    obeyed = seen(LOWERED, 9.8, 6)
    assert meter_due(evse(obeyed), obeyed, RULES) is None
    struck = seen(LOWERED, 30.0, 6)
    assert meter_due(evse(struck), struck, RULES) == T + 16 * SECOND
    assert meter_due(evse(LOWERED, online=False), LOWERED, RULES) is None


def test_a_station_that_does_not_come_back_from_its_reset_obeys_nothing() -> None:
    waiting = Account(stage=STAGES.index("reset"), staged_for="t", staged_at=T, reset_at=T, strikes=1)
    back, told = judged(evse(waiting, connected_since=T + SECOND), T + 2 * SECOND, RULES)
    assert (back.stage, back.strikes, told) == (0, 0, [])
    later = T + RESET_S * SECOND
    assert judged(evse(waiting, connected_since=T - 1), later - 1, RULES) == (waiting, [])
    gone, told = judged(evse(waiting, connected_since=None, online=False), later, RULES)
    assert (gone.stage, [one.kind for one in told]) == (LAST, ["alarm"])
    assert meter_due(evse(waiting), waiting, RULES) is None
