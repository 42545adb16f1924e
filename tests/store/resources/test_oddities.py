from __future__ import annotations

import pytest

from ohmstead.store.resources import oddities

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


async def test_the_same_finding_is_counted(db, seed):
    for at, text in ((NOW, "first"), (NOW + 1, "second")):
        async with db.transaction() as tx:
            await oddities.note(tx, 1, 1, "short_password", "", text, at)
    found = await oddities.findings_page(db, 1, None, limit=9, cursor=None)
    shown = oddities.finding_form(found.rows[0])
    assert (shown.station_id, shown.count, shown.text, shown.first_at < shown.last_at) == ("CS1", 2, "second", True)
    assert (await oddities.findings_page(db, 1, (12,), limit=9, cursor=None)).rows == []
    assert (await oddities.findings_page(db, 1, None, limit=9, cursor=None, code="other")).rows == []


async def test_refusals_newest_first_and_by_site(db, seed):
    for id, identity in ((1, "CS1"), (2, "CS2"), (3, None)):
        await seed.row(
            "refusals",
            id=id,
            at=NOW,
            peer="10.0.0.1:5",
            identity=identity,
            status=401,
            code="wrong_password",
            reason="x",
        )
    found = await oddities.refusals_page(db, 1, None, limit=9, cursor=None)
    assert [oddities.refusal_form(row).station_id for row in found.rows] == [None, "CS2", "CS1"]
    mine = await oddities.refusals_page(db, 1, (11,), limit=9, cursor=None)
    assert [row["identity"] for row in mine.rows] == ["CS1"]
