"""Rows that nobody waits for: bounded, counted, a bad one alone."""

from __future__ import annotations

import asyncio

import pytest

from ohmstead.store import lazy, sessions
from ohmstead.store.lazy import Lazy

pytestmark = pytest.mark.anyio


async def ids(store, db):
    return [row["id"] for row in await store.rows(db, "messages")]


async def test_what_waits_is_written_by_itself(db, store, monkeypatch):
    monkeypatch.setattr(lazy, "INTERVAL", 0.01)
    await store.add_stations(db, 1)
    queue = Lazy(db)
    queue.start()
    queue.append(store.MESSAGES, store.message(1))
    queue.execute(sessions.SEEN, station=1, at=77, skew=3)

    async def seen() -> bool:
        return (await store.rows(db, "stations"))[0]["last_seen_at"] == 77

    await store.until(seen)
    assert await ids(store, db) == [1]
    await queue.close()
    assert queue.dropped == 0


async def test_close_writes_the_rest(db, store):
    queue = Lazy(db)
    queue.start()
    queue.append(store.MESSAGES, store.message(1))
    await queue.close()
    assert await ids(store, db) == [1]


async def test_what_comes_during_the_last_write_is_written_too(db, store, monkeypatch):
    queue = Lazy(db)
    put = db.store

    async def slow(rows, changes):
        if len(rows) == 1 and rows[0][1][0] == 1:
            queue.append(store.MESSAGES, store.message(2))
        await put(rows, changes)

    monkeypatch.setattr(db, "store", slow)
    queue.start()
    queue.append(store.MESSAGES, store.message(1))
    await queue.close()
    assert await ids(store, db) == [1, 2]


async def test_what_does_not_fit_is_counted(db, store):
    queue = Lazy(db, most=3)
    for number in range(5):
        queue.append(store.MESSAGES, store.message(number))
    queue.execute(sessions.SEEN, station=1, at=1, skew=None)
    assert queue.dropped == 3
    await queue.flush()
    assert await ids(store, db) == [0, 1, 2]
    queue.append(store.MESSAGES, store.message(9))
    await queue.flush()
    assert await ids(store, db) == [0, 1, 2, 9]


async def test_a_bad_row_is_lost_alone(db, store):
    queue = Lazy(db)
    for number in (1, 2, 2**70, 3, 4):
        queue.append(store.MESSAGES, store.message(number))
    queue.append(store.MESSAGES, store.message(5, request=None))
    queue.append(store.MESSAGES, store.message(6))
    await store.add_stations(db, 1)
    queue.execute(sessions.SEEN, station=1, at=2**70, skew=None)
    queue.execute(sessions.SEEN, station=1, at=8, skew=None)
    await queue.flush()
    assert await ids(store, db) == [1, 2, 3, 4, 6]
    assert (await store.rows(db, "stations"))[0]["last_seen_at"] == 8
    assert queue.dropped == 3


async def test_when_the_database_is_gone_rows_are_dropped_and_counted(db, store, monkeypatch):
    queue = Lazy(db)
    with monkeypatch.context() as patch:

        async def gone(rows, changes):
            raise OSError("gone")

        patch.setattr(db, "store", gone)
        queue.append(store.MESSAGES, store.message(1))
        queue.append(store.MESSAGES, store.message(2))
        await queue.flush()
    assert queue.dropped == 2
    queue.append(store.MESSAGES, store.message(3))
    await queue.flush()
    assert await ids(store, db) == [3]


async def test_a_flush_waits_for_what_is_being_written(db, store, monkeypatch):
    queue, put, going, go = Lazy(db), db.store, asyncio.Event(), asyncio.Event()

    async def slow(rows, changes):
        going.set()
        await go.wait()
        await put(rows, changes)

    monkeypatch.setattr(db, "store", slow)
    queue.append(store.MESSAGES, store.message(1))
    first = asyncio.create_task(queue.flush())
    await going.wait()
    second = asyncio.create_task(queue.flush())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not second.done()
    go.set()
    await second
    assert await ids(store, db) == [1]
    await first
