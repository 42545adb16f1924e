"""The group commit on both databases: together, fenced, each bad write alone, patient when the database is gone."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from ohmstead.store.db import DatabaseGone, Stale
from ohmstead.store.writer import Writer

pytestmark = pytest.mark.anyio
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
async def claims(db, store):
    """The claims of stations 1 to 9."""
    await store.add_stations(db, *range(1, 10))
    return dict(zip(range(1, 10), await db.claim(range(1, 10)), strict=True))


class Commits:
    """Counts the commits of a database."""

    def __init__(self, db, monkeypatch):
        self.sizes = []
        commit = db.commit

        async def counted(batch, lane):
            self.sizes.append(len(batch))
            return await commit(batch, lane)

        monkeypatch.setattr(db, "commit", counted)


@pytest.fixture
def commits(db, monkeypatch):
    return Commits(db, monkeypatch)


async def ids(store, db):
    return [row["id"] for row in await store.rows(db, "messages")]


async def test_what_queues_while_a_commit_runs_is_stored_in_one(db, store, claims, writers, commits):
    writer = writers(db)
    first = [writer.put(store.write_for(1, claims[1], number)) for number in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the first commit is on its way
    rest = [writer.put(store.write_for(s, claims[s], 100 * s + n)) for s in range(2, 10) for n in range(25)]
    await asyncio.gather(*first, *rest)
    assert commits.sizes == [3, 200]
    assert len(await ids(store, db)) == 203


async def test_a_lone_write_does_not_wait(db, store, claims, writers, commits):
    writer = writers(db)
    for number in range(3):
        await writer.put(store.write_for(1, claims[1], number))
    assert commits.sizes == [1, 1, 1]


async def test_what_is_answered_can_be_read_and_rings_come_after(db, store, claims, writers):
    seen = []
    db.bus.listen("topic", seen.append)
    write = store.write_for(1, claims[1], 1)
    write.ring("topic", "a")
    write.ring("topic", "b")
    done = writers(db).put(write)
    assert seen == []
    await done
    assert seen == ["a", "b"]
    assert await ids(store, db) == [1]


async def test_stale_writes_are_dropped_alone(db, store, claims, writers):
    seen = []
    db.bus.listen("topic", seen.append)
    old_epoch, old_generation = (
        store.write_for(2, claims[2]._replace(epoch=claims[2].epoch - 1), 2, events=1),
        store.write_for(3, claims[3]._replace(generation=claims[3].generation - 1), 3, events=1),
    )
    unknown = store.write_for(77, claims[1], 77, events=1)
    good = [store.write_for(1, claims[1], 1, events=1), store.write_for(4, claims[4], 4, events=1)]
    for write in (old_epoch, old_generation, unknown, *good):
        write.ring("topic", str(write.station_id))
    writer = writers(db)
    results = await asyncio.gather(
        *(writer.put(write) for write in (good[0], old_epoch, old_generation, unknown, good[1])),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), Stale, Stale, Stale, type(None)]
    assert await ids(store, db) == [1, 4]
    assert [row["data"] for row in await store.feed(db, 2)] == ['"1-0"', '"4-0"']
    assert seen == ["1", "4"]


BAD = {
    "beyond 64 bits": {"number": 2**70},
    "not a number": {"number": "seven"},
    "already there": {"number": 1000},
    "missing": {"request": None},
    "half a character": {"request": "\ud800"},
}


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_write_fails_alone(db, store, claims, writers, commits, bad):
    writer, seen = writers(db), []
    await writer.put(store.write_for(1, claims[1], 1000))
    db.bus.listen("topic", seen.append)
    writes = []
    for station in range(1, 9):
        write = store.write_for(station, claims[station], events=1)
        fields = {"number": station} | (BAD[bad] if station in (3, 8) else {})
        write.append(store.MESSAGES, store.message(fields.pop("number"), station, **fields))
        write.ring("topic", str(station))
        writes.append(write)
    results = await asyncio.gather(*map(writer.put, writes), return_exceptions=True)
    assert [n for n, result in enumerate(results, 1) if result is not None] == [3, 8]
    assert not any(isinstance(result, Stale | DatabaseGone) for result in results)
    assert await ids(store, db) == [1, 2, 4, 5, 6, 7, 1000]
    feed = await store.feed(db, 6)
    assert [row["subject"] for row in feed] == ["CS1", "CS2", "CS4", "CS5", "CS6", "CS7"]
    assert [row["sequence"] for row in feed] == [1, 2, 3, 4, 5, 6]
    assert seen == ["1", "2", "4", "5", "6", "7"]
    assert len(commits.sizes) <= 1 + 11
    assert db.trouble is None
    await writer.put(store.write_for(1, claims[1], 2000))


async def test_a_waiter_that_left_does_not_silence_the_rings(db, store, claims, writers):
    seen = []
    db.bus.listen("topic", seen.append)
    write = store.write_for(1, claims[1], 1)
    write.ring("topic", "a")
    writer = writers(db)
    writer.put(write).cancel()
    await writer.put(store.write_for(1, claims[1], 2))
    assert seen == ["a"]


async def test_a_listener_that_fails_harms_no_commit(db, store, claims, writers):
    db.bus.listen("topic", lambda key: 1 / 0)
    writer = writers(db)
    for number in (1, 2):
        write = store.write_for(1, claims[1], number)
        write.ring("topic", "a")
        await writer.put(write)
    assert await ids(store, db) == [1, 2]


async def test_close_stores_what_is_queued(db, store, claims):
    writer = Writer(db, 0)
    writer.start()
    futures = [writer.put(store.write_for(1, claims[1], number)) for number in range(5)]
    await writer.close()
    assert all(future.done() and future.exception() is None for future in futures)
    assert await ids(store, db) == [0, 1, 2, 3, 4]


# ---------------------------------------------------------------------- the database is gone


class Trouble:
    """Ways for a database to be gone, and to come back."""

    def __init__(self, database, wire):
        self.database, self.wire = database, wire

    async def begin(self, db):
        if self.wire is not None:
            self.wire.cut()
            return
        full = db._writer.execute("PRAGMA page_count").fetchone()[0]
        db._writer.execute(f"PRAGMA max_page_count = {full}")

    async def end(self, db):
        if self.wire is not None:
            self.wire.mend()
        else:
            db._writer.execute("PRAGMA max_page_count = 1000000")


@pytest.fixture
def trouble(request, database):
    """The way to PostgreSQL is cut; the disk of SQLite is full."""
    return Trouble(database, None if database.is_sqlite else request.getfixturevalue("wire"))


@pytest.fixture
async def reached(database, db, trouble):
    """The database as it is reached over the way that breaks."""
    return db if trouble.wire is None else await database.open(url=trouble.wire.url)


BIG = "x" * 100_000


def big(store, claims, station, number):
    write = store.write_for(station, claims[station], events=1)
    write.append(store.MESSAGES, store.message(number, station, request=BIG))
    return write


async def test_a_database_that_is_gone_is_waited_for(db, reached, store, claims, writers, trouble):
    writer = writers(reached)
    await writer.put(store.write_for(1, claims[1], 1, events=1))
    await trouble.begin(reached)
    waiting = [writer.put(big(store, claims, station, station)) for station in range(2, 6)]
    await store.until(lambda: reached.trouble)
    late = writer.put(big(store, claims, 6, 6))
    await asyncio.sleep(0.05)
    assert not any(future.done() for future in (*waiting, late))
    await trouble.end(reached)
    await asyncio.gather(*waiting, late)
    assert reached.trouble is None
    assert await ids(store, db) == [1, 2, 3, 4, 5, 6]
    feed = await store.feed(db, 6)
    assert [row["sequence"] for row in feed] == [1, 2, 3, 4, 5, 6]
    assert sorted(row["subject"] for row in feed) == ["CS1", "CS2", "CS3", "CS4", "CS5", "CS6"]


async def test_close_does_not_wait_for_a_database_that_is_gone(reached, store, claims, trouble):
    writer = Writer(reached, 0)
    writer.start()
    await trouble.begin(reached)
    future = writer.put(big(store, claims, 1, 1))
    await store.until(lambda: reached.trouble)
    await writer.close()
    assert isinstance(future.exception(), DatabaseGone)
    await trouble.end(reached)


@only_sqlite
async def test_a_locked_file_is_waited_for(db, database, store, claims, writers):
    db._writer.execute("PRAGMA busy_timeout = 5")
    other = await database.open()
    other._writer.execute("BEGIN IMMEDIATE")
    done = writers(db).put(store.write_for(1, claims[1], 1, events=1))
    await store.until(lambda: db.trouble)
    assert "locked" in db.trouble
    assert not done.done()
    other._writer.execute("ROLLBACK")
    await done
    assert await ids(store, db) == [1]
    assert len(await store.feed(db, 1)) == 1


@only_postgresql
async def test_backends_that_the_server_ends_are_replaced(db, database, store, claims, writers):
    writer = writers(db)
    admin = await asyncpg.connect(database.url)
    for number in range(1, 4):
        await writer.put(store.write_for(1, claims[1], number, events=1))
        ended = await admin.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert ended
    await admin.close()
    await writer.put(store.write_for(1, claims[1], 4, events=1))
    assert await ids(store, db) == [1, 2, 3, 4]
    assert [row["sequence"] for row in await store.feed(db, 4)] == [1, 2, 3, 4]
    assert db.trouble is None
