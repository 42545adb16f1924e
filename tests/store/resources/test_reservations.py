from __future__ import annotations

import pytest

from ohmstead.store.resources import reservations

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


async def test_a_page_and_its_forms(seed, db):
    row = {"station_id": 1, "expires_at": NOW, "changed_at": NOW, "group_token": "G", "token_type": "Central"}
    for id, state in ((1, "active"), (2, "used")):
        await seed.row("reservations", id=id, number=id, token="T", state=state, created_at=NOW + id, **row)
    found = await reservations.page(db, 1, None, limit=9, cursor=None, token="t")
    assert [reservations.form(one).id for one in found.rows] == ["2", "1"]
    found = await reservations.page(db, 1, None, limit=9, cursor=None, state="active")
    assert [reservations.reservation_of(one).id for one in found.rows] == [1]
    assert (await reservations.find(db, 1, None, "2"))["state"] == "used"
    assert await reservations.find(db, 1, None, "x") is None
