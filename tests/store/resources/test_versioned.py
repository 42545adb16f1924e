from __future__ import annotations

import pytest

from ohmstead.shapes.site import SiteNew
from ohmstead.store.resources import sites, versioned
from ohmstead.store.tables import sites as table

pytestmark = pytest.mark.anyio


async def test_who_comes_second_changes_nothing(db):
    async with db.transaction() as tx:
        await sites.add(tx, 1, 11, SiteNew(name="Depot"), 0)
        assert await versioned.change(tx, table, 1, 11, 1, {"name": "Yard", "limit_w": 5000})
        assert not await versioned.change(tx, table, 1, 11, 1, {"name": "Hall"})
        assert not await versioned.change(tx, table, 2, 11, 2, {"name": "of another tenant"})
    found = await sites.find(db, 1, None, "11")
    assert (found["name"], found["limit_w"], found["version"]) == ("Yard", 5000, 2)
    async with db.transaction() as tx:
        assert await versioned.change(tx, table, 1, 11, 2, {})
    assert (await sites.find(db, 1, None, "11"))["version"] == 3
