from __future__ import annotations

import pytest

from ohmstead.shapes.site import SiteChange, SiteNew
from ohmstead.store.resources import sites

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


@pytest.fixture
async def known(db):
    async with db.transaction() as tx:
        await sites.add(tx, 1, 11, SiteNew(name="Depot", limit_a=[32, 32, 32], time_zone="Europe/Berlin"), NOW)
        await sites.add(tx, 1, 12, SiteNew(name="Hall", parent_id="11"), NOW)


async def test_a_site_is_shown_as_it_was_made(db, known):
    shown = sites.form(await sites.find(db, 1, None, "11"))
    assert (shown.id, shown.name, shown.limit_a, shown.time_zone) == ("11", "Depot", [32, 32, 32], "Europe/Berlin")
    assert sites.form(await sites.find(db, 1, None, "12")).parent_id == "11"


@pytest.mark.parametrize("id", ["13", "x", "-1", "1" * 30, "٣", ""])
async def test_what_is_no_site_is_not_found(db, known, id):
    assert await sites.find(db, 1, None, id) is None


async def test_a_key_sees_its_sites(db, known):
    assert await sites.find(db, 1, (12,), "11") is None
    assert [row["id"] for row in (await sites.page(db, 1, (12,), limit=9, cursor=None)).rows] == [12]
    assert [row["id"] for row in (await sites.page(db, 1, None, limit=9, cursor=None, parent_id=11)).rows] == [12]


async def test_change_and_remove_need_the_version(db, known, seed):
    async with db.transaction() as tx:
        assert await sites.inside(tx, 11) == (1, 1)
        assert await sites.change(tx, 1, 12, 1, sites.columns(SiteChange(name="Yard", parent_id=None)))
        assert not await sites.remove(tx, 1, 12, 1)
        assert sites.form((await sites.page(db, 1, None, limit=1, cursor=None)).rows[0]).id == "11"
        assert await sites.remove(tx, 1, 12, 2)
    assert await sites.find(db, 1, None, "12") is None


async def test_stations_of_each_site_are_counted_by_status(db, known, seed):
    assert await sites.summaries(db, 1, (13,)) == []
    assert await sites.summaries(db, 2, None) == []
    mine = [one for one in await sites.summaries(db, 1, None) if one.site_id == "12"]
    assert mine == await sites.summaries(db, 1, (12,))
    assert sum(mine[0].statuses.values()) == mine[0].stations == 1
