from __future__ import annotations

import pytest

from ohmstead.store.resources import tenants

pytestmark = pytest.mark.anyio


async def test_a_name_is_given_once(db):
    async with db.transaction() as tx:
        assert await tenants.add(tx, 2, "north")
        assert not await tenants.add(tx, 3, "north")
    assert await tenants.every(db) == [(1, "default"), (2, "north")]
