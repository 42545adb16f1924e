"""Accounts: what answers and measurements make of them (whole conversations: test_control.py)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.obedience import settled
from ohmstead.domain.profiles import SECOND, VOLTAGE
from ohmstead.domain.regulation import FOREVER, Account, Evse, Rules, Sent, believed, fresh, point_of
from ohmstead.domain.tails import Tail
from tests.domain.test_profiles import T

RULES, ALL = Rules(), (0, 1, 2)
ORDER = Sent("c1", "TxProfile", 10.0, T, T + 900 * SECOND, "t")
NEW = Account()
SAFE = Sent("c2", "TxDefaultProfile", 6.0, T, FOREVER)


def evse(account: Account = NEW, **fields: Any) -> Evse:
    known: dict[str, Any] = {"transaction_id": "t", "started_at": T}
    return Evse(key=("CS", 1), node="site", station=1, account=account, **(known | fields))


@pytest.mark.parametrize(
    ("state", "accepted", "stage", "doubt"),
    [("accepted", 10, 0, 0), ("rejected", None, 1, 0), ("error", None, 1, 0), ("timed_out", None, 0, 10),
     ("expired", None, 0, 0), ("cancelled", None, 0, 0)],
)  # fmt: skip
def test_k15_what_became_of_an_order(state: str, accepted: float | None, stage: int, doubt: float) -> None:
    found = settled(Account(sent=(ORDER,)), {"c1": state}, T)
    assert (found.sent, found.accepted_a, found.stage, found.doubt_a) == ((), accepted, stage, doubt)
    waiting = settled(Account(sent=(ORDER,)), {"c1": "sent"}, T)
    assert waiting.sent == (ORDER,)


def test_a_fail_safe_is_no_order() -> None:
    assert settled(Account(sent=(SAFE,)), {"c2": "accepted"}, T).default_a == 6
    assert settled(Account(sent=(SAFE,)), {"c2": "rejected"}, T).stage == 0
    assert settled(Account(sent=(SAFE,)), {"c2": "timed_out"}, T).doubt_a == 0


def test_what_it_may_draw_is_the_most_of_all_that_may_be_true() -> None:
    ordered = Account(accepted_a=8.0, lapses_at=T + SECOND, transaction_id="t", default_a=6.0)
    assert believed(evse(ordered), T) == 8
    assert believed(evse(ordered), T + SECOND) == 6  # lapsed
    assert believed(evse(replace(ordered, sent=(ORDER,))), T) == 10
    assert believed(evse(replace(ordered, doubt_a=20.0, doubt_until=T + 1)), T) == 20
    assert believed(evse(replace(ordered, transaction_id="another")), T) == 6
    assert believed(evse(replace(ordered, strikes=1), measured_w=30 * 3 * VOLTAGE, measured_at=T), T) == pytest.approx(
        30
    )
    assert believed(evse(replace(ordered, strikes=1)), T) == 32


def test_why_it_gets_no_more() -> None:
    capped = point_of(evse(external_a=7.0, external_source="EMS"), ALL, T, RULES)
    assert (capped.cap_a, capped.cap_why) == (7.0, ("external", "limited by EMS"))
    assert point_of(evse(full=True), ALL, T, RULES).cap_a == 6
    away = point_of(evse(online=False), ALL, T, RULES)
    assert (away.fixed_a, away.cap_why[0]) == (32.0, "offline")


def test_a_tail_is_counted_before_it_begins_and_with_the_fail_safe_it_may_have_been_cut_to() -> None:
    lapse, tail = T + 900 * SECOND, Tail((T + 900 * SECOND, T + 3600 * SECOND), (0.0, 20.0), T + 7200 * SECOND)
    sent = Sent("c1", "TxProfile", 10.0, T, lapse, "t", None, tail)
    account = settled(Account(sent=(sent,), default_a=6.0), {"c1": "accepted"}, T)
    one = evse(account, online=False)
    seen = [(30, 10.0), (910, 6.0), (3560, 6.0), (3575, 20.0), (7190, 20.0), (7201, 6.0)]
    assert [believed(one, T + at * SECOND) for at, _ in seen] == [amps for _, amps in seen]
    lost = settled(Account(sent=(sent,)), {"c1": "timed_out"}, T)
    assert (lost.doubt_a, lost.doubt_until) == (20.0, tail.end)


def test_a_new_car_is_not_judged_by_the_order_of_the_one_before() -> None:
    account = Account(accepted_a=20.0, transaction_id="before", raised_at=T - 600 * SECOND)
    one = evse(account, measured_w=0.0, measured_at=T)
    assert point_of(one, ALL, T, RULES).cap_a == 32.0
    assert point_of(replace(one, account=replace(account, transaction_id="t")), ALL, T, RULES).cap_a == 6.0


def test_what_a_car_gives_back_makes_no_room() -> None:
    given = evse(Account(stage=4, transaction_id="t"), measured_w=-8_000.0, measured_at=T)
    assert fresh(given, T, RULES) == 0.0
