"""Moves to another security profile on disk: each by whom it knew last."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.upgrade import OPEN, Step, Upgrade
from ohmstead.store import upgrades
from ohmstead.store.db import Db
from ohmstead.store.resources import stations
from ohmstead.store.sessions import Station, find_station

pytestmark = pytest.mark.anyio
ONE = Upgrade(step="proof", was=1, to=2, command_id="cmd_1", started_at=0, deadline=5)


async def the_station(db: Db) -> Station:
    found = await find_station(db, 1, "CS1")
    assert found is not None
    return found


@pytest.fixture
async def added(db: Db) -> None:
    async with db.transaction() as tx:
        await stations.add(tx, 1, 1, 0, identity="CS1", registration="accepted", security_profile=1)


async def test_only_from_where_it_was(db: Db, added: None) -> None:
    await db.store([], [upgrades.moved(1, None, ONE)])
    assert (await the_station(db)).upgrade == upgrades.kept(ONE)
    await db.store([], [upgrades.moved(1, None, replace(ONE, step="failed"))])  # somebody who saw nothing
    assert (await the_station(db)).upgrade == upgrades.kept(ONE)
    await db.store([], [upgrades.proved(1, upgrades.kept(ONE), replace(ONE, step="done"))])
    now = await the_station(db)
    assert (now.security_profile, now.upgrade) == (2, upgrades.kept(replace(ONE, step="done")))


async def test_ended_by_another(db: Db, added: None) -> None:
    await db.store([], [upgrades.moved(1, None, ONE)])
    found = await the_station(db)
    for expected in (True, False):
        async with db.transaction() as tx:
            assert await upgrades.end(tx, found, replace(ONE, step="overdue")) is expected


@pytest.mark.parametrize("step", ["network_profile", "priority", "settling", "overdue", "done", "failed"])
async def test_which_are_on_their_way(db: Db, added: None, step: Step) -> None:
    assert await upgrades.all_open(db) == []
    one: Any = replace(ONE, step=step)
    await db.store([], [upgrades.moved(1, None, one)])
    assert await upgrades.all_open(db) == ([(1, "CS1", upgrades.kept(one), None)] if step in OPEN else [])


async def test_not_all_stations_are_looked_at(db: Any) -> None:
    """It runs every few seconds."""
    if db.name == "sqlite":
        plan = db._reader.execute(f"EXPLAIN QUERY PLAN {upgrades._OPEN.sqlite.text}").fetchall()
    else:
        async with db._pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL enable_seqscan = off")  # the table is empty
            plan = await connection.fetch(f"EXPLAIN {upgrades._OPEN.postgres.text}")
    assert "ix_stations_upgrading" in str([tuple(row) for row in plan])


async def test_the_name_of_a_tenant(db: Db) -> None:
    assert await upgrades.tenant_name(db, 99) == ""
    assert await upgrades.tenant_name(db, 1) != ""
