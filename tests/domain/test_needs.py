from __future__ import annotations

import pytest

from ohmstead.domain.needs import Car, Need, Plan, followed, is_for
from ohmstead.domain.planning import HOUR
from ohmstead.domain.transactions import Event, Transaction, begin, fold

T = 1_764_000_000_000_000


def need(**more: object) -> Need:
    fixed = {"id": 1, "tenant_id": 1, "energy_wh": 10_000.0, "ready_by": T + HOUR, "created_at": T, "updated_at": T}
    return Need(**(fixed | more))


def charged(wh: float) -> Transaction:
    one = begin(5, 7, "t")
    for event in (Event(kind="started", at=T, seq_no=0, evse_id=1, token="Abc", meter_start=0.0),
                  Event(kind="updated", at=T + 1, seq_no=1, meter_stop=wh)):  # fmt: skip
        one, _ = fold(one, event)
    return one


@pytest.mark.parametrize(("one", "found"), [
    (need(station_id=7), True), (need(station_id=8), False), (need(station_id=7, evse_id=2), False),
    (need(token="aBC"), True), (need(token="other"), False), (need(vehicle_id=3), True), (need(), False),
    (need(transaction=5, token="other"), True), (need(transaction=6, station_id=7), False),
])  # fmt: skip
def test_whose_transaction(one: Need, found: bool) -> None:
    assert is_for(one, charged(0), ["abc"]) is found


def test_energy_counts_from_when_the_need_found_its_car() -> None:
    one = followed(need(station_id=7), charged(3000), T)
    assert (one.state, one.from_wh, one.delivered_wh, one.rest_wh) == ("active", 3000, 0, 10_000)
    one = followed(one, charged(8000), T)
    assert (one.delivered_wh, one.rest_wh) == (5000, 5000)
    assert followed(one, charged(13_000), T).state == "met"
    assert followed(one, None, T).reason == "its transaction ended before"
    assert followed(one, charged(8000), T + HOUR).state == "missed"
    assert followed(need(), None, T) == need()
    assert followed(need(), None, T + HOUR).reason == "no car came"


def test_what_was_planned_until_now() -> None:
    car = Car("CS1", 1, 1, 5, [10.0, 20.0], 690.0, 0.0)
    plan = Plan(T, [T, T + HOUR, T + 2 * HOUR], "optimiser", "", 1.0, None, None, [car])
    assert plan.planned_wh(car, T + HOUR * 3 // 2) == pytest.approx(6900 + 6900)
    assert (plan.slot(T), plan.slot(T + HOUR), plan.slot(T + 2 * HOUR), plan.slot(T - 1)) == (0, 1, None, None)
