from __future__ import annotations

import pytest
from msgspec.structs import replace

from ohmstead.domain.needs import OfCar, Plan
from ohmstead.store import planning
from tests.domain.test_needs import T, need

pytestmark = pytest.mark.anyio


async def test_needs_stay_as_they_ended(db):
    one = need(id=4, station_id=7, evse_id=1, source="ev", ev=OfCar(4, 16.0, 6.0), feasible=False, transaction=5)
    async with db.transaction() as tx:
        await tx.execute_all([planning.need_put(one, T), planning.need_put(need(id=5), T)])
    assert await planning.load_open(db) == [one, need(id=5)]
    async with db.transaction() as tx:
        await tx.execute_all([planning.asked_again(5, T + 9)])
    assert (await planning.load_open(db))[0].asked_at == T + 9
    async with db.transaction() as tx:
        await tx.execute_all([planning.replaced(7, 1, T + 1), planning.need_put(replace(one, state="met"), T)])
    assert [found.id for found in await planning.load_open(db)] == [5]
    plan = Plan(T, [T, T + 1], "optimiser", "", 1.0, None, None, [])
    async with db.transaction() as tx:
        await tx.execute_all([planning.plan_put(1, 11, plan), planning.plan_put(1, 11, replace(plan, by="x"))])
    assert await planning.load_plan(db, 11) == replace(plan, by="x")
    assert await planning.load_plan(db, 12) is None
