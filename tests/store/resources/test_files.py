"""Files as the API lists them, on both databases."""

from __future__ import annotations

import pytest

from ohmstead.store.db import Db
from ohmstead.store.resources import files
from tests.store.test_files import ONE

pytestmark = pytest.mark.anyio


async def test_listed_changed_and_removed(db: Db) -> None:
    async with db.transaction() as tx:
        await files.add(tx, ONE)
        await files.change(tx, 7, {"firmware_version": "2", "signature": "s", "signing_certificate": "c"})
    (row,) = (await files.page(db, 1, None, limit=9, kind="file")).rows
    shown = files.form(row)
    assert (shown.id, shown.firmware_version, shown.signed, shown.station_id) == ("7", "2", True, None)
    assert (await files.page(db, 1, (5,), limit=9)).rows == []
    assert await files.find(db, 2, None, "7") is None
    async with db.transaction() as tx:
        await files.remove(tx, 7)
    assert await files.find(db, 1, None, "7") is None
