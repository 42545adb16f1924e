"""What is revoked at one stroke; that stations and CAs are told apart is in tests/api/resources."""

from __future__ import annotations

import pytest

from ohmstead.store import bulk_revocation
from ohmstead.store.db import Db

pytestmark = pytest.mark.anyio


async def test_nothing_is_there_to_revoke(db: Db) -> None:
    async with db.transaction() as tx:
        assert await bulk_revocation.revoke_of_station(tx, 1, 7, "superseded", 1) == []
        assert await bulk_revocation.revoke_of_authority(tx, 1, "A", "superseded", 1) == []
