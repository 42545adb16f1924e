from __future__ import annotations

import pytest

from ohmstead.domain.needs import Car, Plan
from ohmstead.domain.planning import HOUR
from ohmstead.runtime import to_datetime
from ohmstead.shapes.needs import PriceSlot, PricesPut
from ohmstead.store import planning
from ohmstead.store.resources import charging_needs
from tests.domain.test_needs import T, need

pytestmark = pytest.mark.anyio


async def test_needs_and_prices(db):
    slots = [PriceSlot(start=to_datetime(T), end=to_datetime(T + HOUR), price=-0.01)]
    async with db.transaction() as tx:
        await tx.execute_all([planning.need_put(need(id=4, token="A"), T)])
        await charging_needs.put_prices(tx, 1, 11, PricesPut(unit="EUR/kWh", slots=slots), T)
    assert charging_needs.form(await charging_needs.find(db, 1, None, "4")).token == "A"
    assert await charging_needs.find(db, 1, (11,), "4") is None  # it has no station yet, so no site
    assert await charging_needs.find(db, 1, None, "x") is None
    assert (await charging_needs.page(db, 1, None, limit=9, cursor=None, state="met")).rows == []
    prices = await planning.load_prices(db, 11)
    assert (prices.at(T), prices.at(T + HOUR)) == (-0.01, None)
    assert charging_needs.prices_form(prices).slots == slots
    async with db.transaction() as tx:
        assert await charging_needs.remove_prices(tx, 1, 11)
        assert not await charging_needs.remove_prices(tx, 1, 11)


def test_slots_of_one_current_are_one_period():
    car = Car("CS1", 1, 4, 5, [0.0, 10.0, 10.0, 6.0], 690.0, 0.0, True)
    edges = [T + n * HOUR for n in range(5)]
    shown = charging_needs.schedule_form(Plan(T, edges, "optimiser", "", 1.0, "EUR/kWh", 2.0, [car]))
    assert [(one.start, one.limit_a) for one in shown.cars[0].periods] == [
        (to_datetime(T + HOUR), 10.0), (to_datetime(T + 3 * HOUR), 6.0),
    ]  # fmt: skip
