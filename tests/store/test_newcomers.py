"""Stations that nobody announced."""

from __future__ import annotations

import pytest

from ohmstead.store import newcomers
from ohmstead.store.db import Db
from ohmstead.store.resources import audit, stations
from ohmstead.store.tables.meta import DEFAULT_TENANT

pytestmark = pytest.mark.anyio


async def add(db: Db, number: int, identity: str, password_hash: str = "00") -> bool:
    return await newcomers.add(db, DEFAULT_TENANT, number, number + 1000, identity, 1, password_hash, 1)


async def test_a_newcomer_waits_for_an_operator(db: Db) -> None:
    assert await add(db, 1, "CS1")
    row = await stations.find(db, DEFAULT_TENANT, None, "CS1")
    assert row is not None
    assert (row["registration"], row["security_profile"], row["certificate_cn"]) == ("pending", 1, "serial_number")
    found = await audit.page(db, DEFAULT_TENANT, limit=10, cursor=None)
    assert [(one["actor"], one["action"], one["subject"]) for one in found.rows] == [
        ("gateway", "station.register", "CS1")
    ]


async def test_one_that_is_there_already_stays_as_it_is(db: Db) -> None:
    assert await add(db, 1, "CS1", "first")
    assert await add(db, 2, "CS1", "second")
    assert len((await audit.page(db, DEFAULT_TENANT, limit=10, cursor=None)).rows) == 1


async def test_there_is_an_end_to_it(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "MOST_WAITING", 2)
    assert [await add(db, number, f"CS{number}") for number in (1, 2, 3)] == [True, True, False]
    row = await stations.find(db, DEFAULT_TENANT, None, "CS1")
    assert row is not None
    async with db.transaction() as tx:
        assert await stations.change(tx, DEFAULT_TENANT, row["id"], row["version"], {"registration": "accepted"})
    assert await add(db, 4, "CS4")
