"""Files on both databases."""

from __future__ import annotations

import pytest

from ohmstead.store import files as own
from ohmstead.store.db import Db
from ohmstead.store.resources import files

pytestmark = pytest.mark.anyio
ONE = own.File(
    id=7, tenant_id=1, kind="file", name="fw", station_id=None, procedure_id=None, size=1, sha256="s", md5="m",
    media_type="x/y", firmware_version="1", signature=None, signing_certificate=None, created_at=1, changed_at=2,
)  # fmt: skip


async def test_added_found_and_of_one_tenant(db: Db) -> None:
    async with db.transaction() as tx:
        await files.add(tx, ONE)
    assert await own.find(db, "7") == ONE
    assert await own.of_tenant(db, 1, 7) == ONE
    assert await own.of_tenant(db, 2, 7) is None
    assert await own.find(db, "7'") is None
