from __future__ import annotations

import pytest

from ohmstead.store.resources import sign_ins

pytestmark = pytest.mark.anyio


async def test_found_until_it_expires_and_taken_once(db):
    async with db.transaction() as tx:
        await sign_ins.add(tx, 1, "h", "link", user_id="u", key_hash=None, now=0, expires_at=10)
    assert (await sign_ins.find(db, "h", "link", 9))["user_id"] == "u"
    assert await sign_ins.find(db, "h", "session", 9) is None
    assert await sign_ins.find(db, "h", "link", 10) is None
    async with db.transaction() as tx:
        assert await sign_ins.remove(tx, "h")
        assert not await sign_ins.remove(tx, "h")


async def test_a_user_is_signed_out_everywhere_and_old_ones_are_forgotten(db):
    async with db.transaction() as tx:
        for hash, user, until in (("a", "u", 10), ("b", "u", 99), ("c", "v", 99)):
            await sign_ins.add(tx, 1, hash, "session", user_id=user, key_hash=None, now=0, expires_at=until)
        await sign_ins.add(tx, 1, "d", "session", user_id="w", key_hash=None, now=10, expires_at=99)
        assert not await sign_ins.remove(tx, "a")
        await sign_ins.remove_of_user(tx, "u")
    assert await sign_ins.find(db, "b", "session", 11) is None
    assert await sign_ins.find(db, "c", "session", 11) is not None
