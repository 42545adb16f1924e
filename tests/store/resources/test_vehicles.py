from __future__ import annotations

import pytest

from ohmstead.shapes.needs import VehicleNew
from ohmstead.store import planning
from ohmstead.store.resources import vehicles

pytestmark = pytest.mark.anyio


async def test_vehicles(db):
    async with db.transaction() as tx:
        await vehicles.add(tx, 1, 5, VehicleNew(name="Bus 12", tokens=["A", "B"], battery_wh=3e5), 1)
    assert vehicles.form(await vehicles.find(db, 1, "5")).tokens == ["A", "B"]
    assert [await vehicles.find(db, 2, "5"), await vehicles.find(db, 1, "x")] == [None, None]
    assert await planning.load_tokens(db) == {5: ["A", "B"]}
    assert len((await vehicles.page(db, 1, limit=9, cursor=None)).rows) == 1
    async with db.transaction() as tx:
        assert await vehicles.remove(tx, 1, 5)
        assert not await vehicles.remove(tx, 1, 5)
