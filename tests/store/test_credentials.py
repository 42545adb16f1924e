"""Passwords on their way: offered, taken, refused, settled by use, restored, forgotten."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from ohmstead.store import credentials
from ohmstead.store.credentials import KEPT, Waits, write_later, write_refused, write_taken
from ohmstead.store.db import Db, Write
from ohmstead.store.sessions import load_state
from ohmstead.store.statement import Statement
from ohmstead.store.tables import sessions

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000
LOCK = Statement(
    select(sessions.c.generation).where(sessions.c.station_id == bindparam("which")).with_for_update(read=True)
)


async def write(db: Db, *fills: Any) -> None:
    (claim,) = await db.claim([1])
    one = Write(1, 1, *claim)
    for fill in fills:
        fill(one)
    assert await db.commit([one], 0) == []


def offer(hash: str, waits: Waits = "answer") -> Any:
    return lambda one: one.changed.append(credentials.offered(1, hash, waits, NOW))


async def hashes(store: Any, db: Db) -> tuple[Any, ...]:
    (row,) = await store.rows(db, "stations")
    return row["password_hash"], row["next_password_hash"], row["former_password_hash"]


@pytest.fixture
async def offered(db: Db, store: Any) -> None:
    """The station has the password "old", and was offered "new"."""
    await store.add_stations(db, 1)
    await write(db, offer("old"), lambda one: write_taken(one, "old", NOW))
    await write(db, offer("new"))
    assert await hashes(store, db) == ("old", "new", None)


async def test_taken(db: Db, store: Any, offered: None) -> None:
    await write(db, lambda one: write_taken(one, "other", NOW))  # not the one on its way
    assert await hashes(store, db) == ("old", "new", None)
    await write(db, lambda one: write_taken(one, "new", NOW))
    assert await hashes(store, db) == ("new", None, "old")


async def test_refused(db: Db, store: Any, offered: None) -> None:
    await write(db, lambda one: write_refused(one, "new"))
    assert await hashes(store, db) == ("old", None, None)


@pytest.mark.parametrize(("came_with_next", "after"), [(True, ("new", None, "old")), (False, ("old", None, "new"))])
async def test_the_one_that_is_used_counts(
    db: Db, store: Any, offered: None, came_with_next: bool, after: tuple[Any, ...]
) -> None:
    station = (await load_state(db, 1)).station
    assert await credentials.settle(db, station, came_with_next=came_with_next, now=NOW)
    assert await hashes(store, db) == after
    assert not await credentials.settle(db, station, came_with_next=came_with_next, now=NOW)


async def test_restored_for_a_week(db: Db, store: Any, offered: None) -> None:
    await write(db, lambda one: write_taken(one, "new", NOW))
    async with db.transaction() as tx:
        assert not await credentials.restore(tx, 1, NOW + KEPT)
        assert await credentials.restore(tx, 1, NOW + KEPT - 1)
    assert await hashes(store, db) == ("old", None, "new")
    await credentials.forget(db, NOW + 2 * KEPT)
    assert await hashes(store, db) == ("old", None, None)


async def test_a_second_one_before_the_first_is_settled_loses_nothing(db: Db, store: Any, offered: None) -> None:
    await write(db, offer("newer"))
    assert await hashes(store, db) == ("old", "newer", "new")
    await write(db, lambda one: write_refused(one, "newer"))
    async with db.transaction() as tx:
        assert await credentials.restore(tx, 1, NOW)
    assert await hashes(store, db) == ("new", None, "old")


async def test_the_word_of_the_station_outweighs_a_socket_that_came_with_the_old_one(
    db: Db, store: Any, offered: None
) -> None:
    station = (await load_state(db, 1)).station
    assert await credentials.settle(db, station, came_with_next=False, now=NOW)
    await write(db, lambda one: write_taken(one, "new", NOW))
    assert await hashes(store, db) == ("new", None, "old")


async def test_later(db: Db, store: Any, offered: None) -> None:
    await write(db, lambda one: write_later(one, "new"))
    station = (await load_state(db, 1)).station
    assert (station.next_password_hash, station.next_password_waits) == ("new", "restart")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_settling_waits_for_a_commit_of_the_session_and_blocks_it_not(db: Any, store: Any, offered: None) -> None:
    """A commit locks the session's row and then the station's: whoever locks them the other way round, deadlocks."""
    station = (await load_state(db, 1)).station
    async with db.transaction() as commit:
        await commit.fetch(LOCK, which=1)
        settling = asyncio.create_task(credentials.settle(db, station, came_with_next=True, now=NOW))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        await store.until(lambda: db._pool.fetchval(waiting))
        statement, arguments = credentials.offered(1, "newer", "answer", NOW)
        await commit.execute(statement, **arguments)
    assert not await settling
