"""A lease has one owner, until it ends or is given back."""

from __future__ import annotations

import pytest

from ohmstead.store import leases
from ohmstead.store.db import Db

pytestmark = pytest.mark.anyio
T = 1_764_000_000_000_000


async def test_the_lease_has_one_owner_until_it_ends(db: Db) -> None:
    assert not await leases.renew(db, "energy", "a", T + 15)
    assert await leases.take(db, "energy", "a", T, T + 15)
    assert not await leases.take(db, "energy", "b", T + 1, T + 16)
    assert await leases.take(db, "energy", "a", T + 1, T + 16)
    assert await leases.renew(db, "energy", "a", T + 17)
    assert not await leases.renew(db, "energy", "b", T + 99)
    assert await leases.take(db, "energy", "b", T + 18, T + 30)
    await leases.release(db, "energy", "b")
    assert await leases.take(db, "energy", "a", T + 19, T + 40)
