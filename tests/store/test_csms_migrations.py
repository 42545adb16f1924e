"""Migrations to another CSMS on disk: each by whom it knew last, and what is known of the station that is awaited."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ohmstead.domain.csms_migration import OPEN, Seen, Step
from ohmstead.store import csms_migrations, refusals
from ohmstead.store.db import Db
from ohmstead.store.resources import stations
from tests.domain.test_csms_migration import MINUTE, ONE, at

pytestmark = pytest.mark.anyio


@pytest.fixture
async def added(db: Db) -> None:
    async with db.transaction() as tx:
        await stations.add(tx, 1, 1, 0, identity="CS1", registration="accepted", security_profile=1)


async def test_only_from_where_it_was(db: Db, added: None) -> None:
    await db.store([], [csms_migrations.moved(1, None, ONE)])
    await db.store([], [csms_migrations.moved(1, None, at("failed"))])  # somebody who saw nothing
    (found,) = await csms_migrations.all_open(db)
    assert (found.station_id, found.identity, found.kept) == (1, "CS1", csms_migrations.kept(ONE))
    for expected in (True, False):
        async with db.transaction() as tx:
            assert await csms_migrations.end(tx, 1, found.kept, at("failed")) is expected
    assert await csms_migrations.all_open(db) == []


@pytest.mark.parametrize("step", ["network_profile", "draining", "overdue", "settling", "done", "returned", "failed"])
async def test_which_are_on_their_way(db: Db, added: None, step: Step) -> None:
    await db.store([], [csms_migrations.moved(1, None, at(step))])
    assert len(await csms_migrations.all_open(db)) == (step in OPEN)


async def test_what_is_seen_of_it(db: Db, added: None) -> None:
    one = replace(ONE, to="tenant", tenant="default")
    await db.store([], [csms_migrations.moved(1, None, one)])
    (found,) = await csms_migrations.all_open(db)
    row = {
        "id": 5, "tenant_id": 1, "at": 20 * MINUTE, "peer": "127.0.0.1", "target": "/ocpp/CS1", "identity": "CS1",
        "status": 401, "code": "password", "reason": "wrong password",
    }  # fmt: skip
    await db.store([(refusals.REFUSED, tuple(row[name] for name in refusals.REFUSED.columns))], [])
    assert await csms_migrations.seen(db, found, one, 99 * MINUTE) == Seen(None, None, 0)
    assert (await csms_migrations.seen(db, found, one, 100 * MINUTE)).refused == "wrong password"
