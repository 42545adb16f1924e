from __future__ import annotations

import pytest

from ohmstead.store.resources import provider_users, users

pytestmark = pytest.mark.anyio


async def test_a_name_gives_nobody_the_rights_of_another(db):
    async with db.transaction() as tx:
        await users.add(tx, 1, "user_1", name="Ann", password_hash="x", role="admin", sites=None, now=1)
        made = await provider_users.add(tx, 1, "https://a", "ann", "Ann", "viewer", [3], 2)
        assert (made["name"], made["role"], made["password_hash"]) == ("Ann 2", "viewer", "")
    async with db.transaction() as tx:
        assert await provider_users.find(tx, 1, "https://b", "ann") is None
        assert await provider_users.find(tx, 2, "https://a", "ann") is None
        found = await provider_users.find(tx, 1, "https://a", "ann")
        await provider_users.change(tx, found, "operator", None)
    row = await users.find(db, 1, made["id"])
    assert (row["role"], row["site_ids"], row["version"]) == ("operator", None, 2)
