from __future__ import annotations

import pytest

from ohmstead.store.resources import site_groups

pytestmark = pytest.mark.anyio


async def test_groups(db):
    async with db.transaction() as tx:
        row = await site_groups.add(tx, 1, 5, "Depots", [11, 12], 1)
        assert await site_groups.add(tx, 1, 6, "Depots", [11], 1) is None
        assert await site_groups.add(tx, 2, 7, "Depots", [21], 1) is not None
    assert (site_groups.form(row).id, site_groups.members_of(row)) == ("5", [11, 12])
    assert await site_groups.named(db, 1) == {"Depots": [11, 12]}
    assert [await site_groups.find(db, 2, "5"), await site_groups.find(db, 1, "x")] == [None, None]
    async with db.transaction() as tx:
        assert await site_groups.change(tx, 1, 5, 1, {"name": "North"})
        assert not await site_groups.change(tx, 1, 5, 1, {"name": "South"})
    assert [one["name"] for one in (await site_groups.page(db, 1, limit=9, cursor=None)).rows] == ["North"]
    async with db.transaction() as tx:
        assert not await site_groups.remove(tx, 1, 5, 1)
        assert await site_groups.remove(tx, 1, 5, 2)
    assert await site_groups.find(db, 1, "5") is None
