from __future__ import annotations

from typing import Any

import pytest

from ohmstead.retention_settings import Retention
from ohmstead.store import retention, signed_once
from ohmstead.store.db import Db, Write

pytestmark = pytest.mark.anyio


async def test_the_first_one_counts(db: Db, store: Any) -> None:
    await store.add_stations(db, 1)
    (claim,) = await db.claim([1])
    for message_id, digest in (("a", "d1"), ("b", "d1"), ("b", "d2")):
        write = Write(1, 1, *claim)
        signed_once.add(write, digest, message_id, "{}", 1000)
        assert await db.commit([write], 0) == []
    assert await signed_once.find(db, 1, 1, "d1") == ("a", "{}")
    assert await signed_once.find(db, 1, 1, "d2") == ("b", "{}")
    for tenant, station in ((2, 1), (1, 2)):
        assert await signed_once.find(db, tenant, station, "d1") is None
    await retention.forget(db, Retention(), 1000 + retention.SIGNED_DAYS * retention.DAY)
    assert await signed_once.find(db, 1, 1, "d1") is not None
    await retention.forget(db, Retention(), 1001 + retention.SIGNED_DAYS * retention.DAY)
    assert await signed_once.find(db, 1, 1, "d1") is None
