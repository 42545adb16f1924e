"""What is SQLite's own: durability, one writer, a loop that never waits for a lock."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import pytest
from sqlalchemy import bindparam, func, insert, select

from ohmstead.store.db import DatabaseGone, Event
from ohmstead.store.statement import Statement
from ohmstead.store.tables import tenants

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

COUNT = Statement(select(tenants.c.id))
TENANT = Statement(insert(tenants).values(id=bindparam("id"), name="other"))


async def test_every_commit_is_on_disk(db):
    for connection in (db._writer, db._reader):
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL


async def test_a_locked_file_is_told_and_recovered_from(db, store):
    await store.add_stations(db, 1)
    (claim,) = await db.claim([1])
    db._writer.execute("PRAGMA busy_timeout = 5")
    other = sqlite3.connect(db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def change() -> None:
        async with db.transaction() as tx:
            await tx.execute(TENANT, id=2)

    for work in (change(), db.block("x", 5)):
        with pytest.raises(DatabaseGone, match="locked"):
            await work
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await db.commit([store.write_for(1, claim, 1)], 0)
    assert len(await db.fetch(COUNT)) == 1  # readers do not mind a writer
    other.execute("ROLLBACK")
    other.close()
    await change()
    assert await db.block("x", 5) == 1
    assert len(await db.fetch(COUNT)) == 2


async def test_a_full_disk_fails_a_transaction_and_leaves_the_way_free(db, store):
    pages = db._writer.execute("PRAGMA page_count").fetchone()[0]
    db._writer.execute(f"PRAGMA max_page_count = {pages}")

    async def big() -> None:
        async with db.transaction() as tx:
            tx.emit(Event(1, "test", None, store.NOW, "x" * 1_000_000))

    with pytest.raises(DatabaseGone, match="full"):
        await big()
    db._writer.execute("PRAGMA max_page_count = 1000000")
    await big()
    assert [row["sequence"] for row in await store.feed(db, 1)] == [1]


async def test_a_file_that_is_no_database_is_told(database, tmp_path):
    db = await database.open()
    db._reader.close()
    (tmp_path / "other.db").write_bytes(b"x" * 5000)
    db._reader = sqlite3.connect(tmp_path / "other.db")
    with pytest.raises(DatabaseGone, match="not a database"):
        await db.fetch(COUNT)


async def test_the_loop_does_not_wait_for_a_lock(db):
    assert db._reader.execute("PRAGMA busy_timeout").fetchone()[0] <= 50
    assert db._writer.execute("PRAGMA busy_timeout").fetchone()[0] >= 1000


async def test_another_process_may_add_to_the_feed(database, store):
    """A command line tool, for instance."""
    here, there = await database.open(), await database.open()
    for n, db in enumerate((here, there, there, here)):
        async with db.transaction() as tx:
            tx.emit(Event(1, "test", None, store.NOW, str(n)))
    assert [(row["sequence"], row["data"]) for row in await store.feed(here, 4)] == [
        (1, "0"), (2, "1"), (3, "2"), (4, "3"),
    ]  # fmt: skip


async def test_a_long_list_does_not_hold_up_the_loop(db):
    go = threading.Event()
    connection = db._open()
    connection.create_function("slow", 0, lambda: go.wait(10))
    db._lists.append(connection)
    many = asyncio.get_running_loop().create_task(db.fetch_many(Statement(select(tenants.c.id, func.slow()))))
    await asyncio.sleep(0)
    assert len(await db.fetch(COUNT)) == 1
    assert not many.done()
    go.set()
    assert [tuple(row) for row in await many] == [(1, 1)]


async def test_an_epoch_is_not_written(db, store):
    await store.add_stations(db, 1)
    before = db._writer.total_changes
    await db.claim([1])
    assert db._writer.total_changes == before
