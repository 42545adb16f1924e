from __future__ import annotations

import pytest

from ohmstead.store.resources import users

pytestmark = pytest.mark.anyio
ANN = {"name": "Ann", "password_hash": "hash", "role": "viewer", "sites": [11], "now": 1}


async def test_a_user_by_name_and_a_change_that_came_too_late(db):
    async with db.transaction() as tx:
        assert await users.add(tx, 1, "u1", **ANN)
        assert not await users.add(tx, 1, "u2", **{**ANN, "name": "ANN"})
    row = await users.by_name(db, 1, "aNN")
    assert row is not None
    assert users.shown(row).site_ids == ["11"]
    assert await users.by_name(db, 2, "ann") is None
    async with db.transaction() as tx:
        assert await users.change(tx, 1, "u1", 1, {"role": "operator"})
        assert not await users.change(tx, 1, "u1", 1, {"role": "admin"})
    assert (await users.find(db, 1, "u1"))["role"] == "operator"
    async with db.transaction() as tx:
        assert await users.remove(tx, 1, "u1")
        assert not await users.remove(tx, 1, "u1")
    assert (await users.page(db, 1, limit=9, cursor=None)).rows == []
