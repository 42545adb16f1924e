from __future__ import annotations

import pytest

from ohmstead.store.resources import exports

pytestmark = pytest.mark.anyio


async def test_a_record_comes_in_its_newest_version_with_the_newest_bill(db, seed):
    for transaction, version in ((1, 1), (1, 2), (2, 1)):
        row = {"transaction": transaction, "version": version, "ended_at": 5, "body": f"{transaction}-{version}"}
        await seed.row("records", station_id=transaction, sealed_at=9, reason="complete", **row)
        await seed.row("bills", at=1, reason="ended", **row)

    async def found(sites=None, cursor=None, **filters):
        return await exports.records_page(db, 1, sites, limit=1, cursor=cursor, **filters)

    first = await found(begin=5, end=6)
    assert [(row["version"], row["bill"], row["identity"]) for row in first.rows] == [(2, "1-2", "CS1")]
    assert [row["bill"] for row in (await found(begin=5, end=6, cursor=first.cursor)).rows] == ["2-1"]
    assert [row["bill"] for row in (await found(begin=5, end=6, station_id="CS2")).rows] == ["2-1"]
    for left_out in ({"begin": 6, "end": 9}, {"begin": 0, "end": 5}, {"begin": 0, "end": 9, "sites": (13,)}):
        assert (await found(**left_out)).rows == []
