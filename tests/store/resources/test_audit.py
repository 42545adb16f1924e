from __future__ import annotations

import pytest

from ohmstead.store.resources import audit

pytestmark = pytest.mark.anyio


async def test_newest_first(db):
    async with db.transaction() as tx:
        await audit.add(tx, 1, 1, 1000, "key:a", "station.create", "CS1", {"x": 1})
        await audit.add(tx, 1, 2, 2000, "key:a", "station.archive", "CS1")
    shown = [audit.shown(row) for row in (await audit.page(db, 1, limit=9, cursor=None)).rows]
    assert [(one.action, one.detail) for one in shown] == [("station.archive", None), ("station.create", {"x": 1})]
    assert (await audit.page(db, 2, limit=9, cursor=None)).rows == []
