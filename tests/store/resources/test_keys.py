from __future__ import annotations

import pytest

from ohmstead.store.resources import keys

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


async def test_a_key_is_found_by_its_hash_until_it_is_revoked(db):
    assert not await keys.are_there_any(db, 1)
    async with db.transaction() as tx:
        await keys.add(tx, 1, "key_1", "hash", name="ci", scopes=["stations:read"], sites=[11], now=NOW)
    assert await keys.are_there_any(db, 1)
    shown = keys.shown(await keys.by_hash(db, "hash", 0))
    assert (shown.id, shown.name, shown.scopes, shown.site_ids) == ("key_1", "ci", ["stations:read"], ["11"])
    assert await keys.by_hash(db, "other", 0) is None
    async with db.transaction() as tx:
        assert not await keys.revoke(tx, 2, "key_1", NOW)
        assert await keys.revoke(tx, 1, "key_1", NOW)
        assert not await keys.revoke(tx, 1, "key_1", NOW)
    assert await keys.by_hash(db, "hash", 0) is None
    assert await keys.is_known(db, 1, "hash")
    assert keys.shown((await keys.page(db, 1, limit=9, cursor=None)).rows[0]).revoked_at is not None
