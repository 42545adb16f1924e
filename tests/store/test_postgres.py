"""What is PostgreSQL's own: the clerk of the feed, the pool, and what happens when the way to it breaks."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from sqlalchemy import bindparam, insert, select

from ohmstead.bus.local import LocalBus
from ohmstead.store import postgres
from ohmstead.store.db import DatabaseGone, Event
from ohmstead.store.postgres import CLERK_LOCK, Postgres
from ohmstead.store.statement import Statement
from ohmstead.store.tables import tenants

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]

TENANTS = Statement(select(tenants.c.id))
TENANT = Statement(insert(tenants).values(id=bindparam("id"), name="other"))


async def emit(db, store, *what):
    async with db.transaction() as tx:
        for one in what:
            tx.emit(Event(1, "test", None, store.NOW, str(one)))


async def test_one_clerk_at_a_time(database, store):
    """While another node's clerk is at it, this one moves nothing; afterwards nothing is missing."""
    db = await database.open()
    other = await asyncpg.connect(database.url)
    await other.execute(f"BEGIN; SELECT pg_advisory_xact_lock({CLERK_LOCK})")
    await emit(db, store, 1, 2)
    assert await db._pool.execute(postgres._NUMBER) == "INSERT 0 0"
    assert len(await store.rows(db, "outbox")) == 2
    await other.execute("COMMIT")
    await other.close()
    assert [(row["sequence"], row["data"]) for row in await store.feed(db, 2)] == [(1, "1"), (2, "2")]


async def test_two_clerks_move_each_event_once(database, store, monkeypatch):
    monkeypatch.setattr(postgres, "CLERK_INTERVAL", 0.001)
    here, there = await database.open(node="here"), await database.open(node="there")
    await asyncio.gather(*(emit(db, store, n) for db in (here, there) for n in range(50)))
    found = await store.feed(here, 100)
    assert [row["sequence"] for row in found] == list(range(1, 101))
    assert sorted(int(row["data"]) for row in found) == sorted([*range(50), *range(50)])


async def test_the_clerk_survives_the_database(database, wire, store, monkeypatch):
    monkeypatch.setattr(postgres, "CLERK_WAITS", 0.01)
    db, cut = await database.open(), await database.open(url=wire.url)
    db._clerk.cancel()
    wire.cut()
    await emit(db, store, 1)
    await asyncio.sleep(0.1)
    wire.mend()
    assert [row["sequence"] for row in await store.feed(db, 1)] == [1]
    assert not cut._clerk.done()


async def test_the_clerk_outlives_an_error_of_any_kind(database, store, monkeypatch):
    monkeypatch.setattr(postgres, "CLERK_WAITS", 0.01)
    db = await database.open()
    number = postgres._NUMBER
    monkeypatch.setattr(postgres, "_NUMBER", "SELECT 1/0")
    await asyncio.sleep(0.1)
    monkeypatch.setattr(postgres, "_NUMBER", number)
    await emit(db, store, 1)
    assert len(await store.feed(db, 1)) == 1


async def change(db):
    async with db.transaction() as tx:
        await tx.execute(TENANT, id=2)


async def test_every_way_to_a_database_that_is_gone_says_so(database, wire, store):
    db = await database.open(url=wire.url)
    await store.add_stations(db, 1)
    wire.cut()
    for work in (
        db.fetch(TENANTS), db.fetch_many(TENANTS), db.claim([1]), db.held(1), db.block("x", 1), change(db),
    ):  # fmt: skip
        with pytest.raises(DatabaseGone, match="PostgreSQL: "):
            await work
    wire.mend()
    await change(db)
    assert len(await db.fetch(TENANTS)) == 2


async def test_a_database_that_is_not_there_at_the_start_says_so(database, wire):
    wire.cut()
    db = Postgres(wire.url, None)  # type: ignore[arg-type]
    with pytest.raises(DatabaseGone):
        await db.start()


async def test_a_transaction_whose_commit_is_lost_says_so(database, wire, store):
    """The cold road does not try again by itself: whoever asked does, under the same idempotency key."""
    db = await database.open(url=wire.url)
    seen = []
    db.bus.listen("topic", seen.append)
    wire.at_commit = "unheard"

    async def work() -> None:
        async with db.transaction() as tx:
            await tx.execute(TENANT, id=2)
            tx.ring("topic", "key")

    with pytest.raises(DatabaseGone):
        await work()
    assert len(await db.fetch(TENANTS)) == 2
    assert seen == []


async def test_closing_does_not_hang_when_the_database_is_gone(database, wire):
    db = await database.open(url=wire.url)
    wire.cut()
    async with asyncio.timeout(5):
        await database.close(db)


async def test_reads_take_one_round_trip(database):
    """asyncpg would reset a session that nobody changed after each use of the pool."""
    db = await database.open()
    db._clerk.cancel()
    asked = []
    async with db._pool.acquire() as connection:
        connection.add_query_logger(lambda record: asked.append(record.query))
    asked.clear()
    await db.fetch(TENANTS)
    assert asked == [TENANTS.postgres.text]


async def test_transactions_leave_connections_to_those_who_read_beside_them(database, monkeypatch):
    """As many as there are connections, each of which reads beside itself, waited for each other for ever."""
    monkeypatch.setattr(postgres, "CONNECTIONS", 3)
    monkeypatch.setattr(postgres, "TRANSACTIONS", 2)
    db = await database.open()

    async def reads_beside_itself():
        async with db.transaction() as tx:
            await tx.fetch(TENANTS)
            await asyncio.sleep(0.01)
            await db.fetch(TENANTS)

    async with asyncio.timeout(10):
        await asyncio.gather(*(reads_beside_itself() for _ in range(12)))


async def test_before_it_is_connected_it_says_so(database_url):
    db = Postgres("postgresql://nobody@127.0.0.1:1/none", LocalBus())
    with pytest.raises(DatabaseGone, match="not connected yet"):
        await db.fetch(TENANTS)
    with pytest.raises(DatabaseGone, match="not connected yet"):
        async with db.transaction():
            pass
    assert database_url
