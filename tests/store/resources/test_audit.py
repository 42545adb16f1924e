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


async def test_who_did_what_to_what(db):
    async with db.transaction() as tx:
        for number, (actor, action, subject) in enumerate([("a", "x", "1"), ("b", "x", "2"), ("a", "y", "2")]):
            await audit.add(tx, 1, number, number, actor, action, subject, {"password": "hush"})

    async def found(**filters):
        rows = (await audit.page(db, 1, limit=9, cursor=None, **filters)).rows
        assert "hush" not in str(rows)
        return [row["id"] for row in rows]

    assert await found(actor="a") == [2, 0]
    assert await found(action="x") == [1, 0]
    assert await found(subject="2", actor="a") == [2]
