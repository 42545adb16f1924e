"""What every `Db` does, on both databases: claims and the fence, the feed, transactions, numbers."""

from __future__ import annotations

import asyncio
import threading

import pytest
from sqlalchemy import bindparam, func, insert, select, text, update

from ohmstead.store import sessions
from ohmstead.store.db import NO_CLAIM, DatabaseGone, Event, encode
from ohmstead.store.statement import Append, Statement
from ohmstead.store.tables import feed, messages, stations, tenants

pytestmark = pytest.mark.anyio
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

TENANT = Statement(insert(tenants).values(id=bindparam("id"), name=bindparam("name")))
NAMES = Statement(select(tenants.c.name).order_by(tenants.c.id))
RENAME = Statement(update(stations).where(stations.c.id == bindparam("station")).values(vendor=bindparam("to")))


def event(tenant: int, at: int, what: object) -> Event:
    return Event(tenant, "test", None, at, encode(what))


async def names(db) -> list[str]:
    return [row[0] for row in await db.fetch(NAMES)]


# ---------------------------------------------------------------------- the cold road


async def test_a_transaction_is_stored_whole_with_its_events_and_rings(db, store):
    seen = []
    db.bus.listen("topic", seen.append)
    async with db.transaction() as tx:
        await tx.execute(TENANT, id=2, name="second")
        tx.emit(event(1, store.NOW, {"n": 1}))
        tx.ring("topic", "key")
        assert [row[0] for row in await tx.fetch(NAMES)] == ["default", "second"]
        assert await names(db) == ["default"]
        assert seen == []
    assert await names(db) == ["default", "second"]
    assert seen == ["key"]
    assert [row["data"] for row in await store.feed(db, 1)] == ['{"n":1}']


class OutOfOrder(Exception):
    pass


@pytest.mark.parametrize("error", [OutOfOrder, asyncio.CancelledError])
async def test_a_transaction_that_fails_leaves_nothing(db, store, error):
    seen = []
    db.bus.listen("topic", seen.append)

    async def work() -> None:
        async with db.transaction() as tx:
            await tx.execute(TENANT, id=2, name="second")
            tx.emit(event(1, store.NOW, 1))
            tx.ring("topic", "key")
            raise error

    with pytest.raises(error):
        await work()
    async with db.transaction() as tx:
        tx.emit(event(1, store.NOW, 2))
    assert await names(db) == ["default"]
    assert [(row["sequence"], row["data"]) for row in await store.feed(db, 1)] == [(1, "2")]
    assert seen == []


async def test_a_task_cancelled_anywhere_leaves_the_way_free(db, store):
    """A request may be cancelled at any await of its transaction."""

    async def work() -> None:
        async with db.transaction() as tx:
            await tx.execute(TENANT, id=2, name="second")
            await tx.execute(TENANT, id=3, name="third")

    for steps in range(12):
        task = asyncio.get_running_loop().create_task(work())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        found = await names(db)
        assert found in (["default"], ["default", "second", "third"])
        async with db.transaction() as tx:
            await tx.execute(Statement(tenants.delete().where(tenants.c.id > 1)))


async def test_one_transaction_sees_nothing_of_another_that_fails(db, store):
    async def work(number: int) -> None:
        async with db.transaction() as tx:
            await tx.execute(TENANT, id=number, name=f"t{number}")
            await asyncio.sleep(0)
            if number % 2:
                raise OutOfOrder

    await asyncio.gather(*(work(number) for number in range(2, 12)), return_exceptions=True)
    assert await names(db) == ["default", "t2", "t4", "t6", "t8", "t10"]


# ---------------------------------------------------------------------- claims and the fence


async def test_a_claim_ends_the_right_of_the_one_before(db, store):
    await store.add_stations(db, 1, 2)
    first, other = await db.claim([1, 2])
    assert await db.commit([store.write_for(1, first, 1)], 0) == []
    (second,) = await db.claim([1])
    assert second.epoch > first.epoch
    late = store.write_for(1, first, 2)
    assert await db.commit([late, store.write_for(1, second, 3), store.write_for(2, other, 4)], 0) == [late]
    assert [row["id"] for row in await store.rows(db, "messages")] == [1, 3, 4]
    assert await db.held(1) == second


async def test_claims_of_one_station_in_one_list_leave_one_holder(db, store):
    await store.add_stations(db, 1, 2)
    first, second, other, unknown = await db.claim([1, 1, 2, 99])
    assert first == unknown == NO_CLAIM
    assert await db.held(1) == second
    assert await db.held(2) == other
    assert await db.held(99) is None


async def test_whoever_changes_a_station_makes_its_session_read_again(db, store):
    await store.add_stations(db, 1)
    (claim,) = await db.claim([1])
    async with db.transaction() as tx:
        await tx.execute(sessions.CHANGED_ELSEWHERE, station=1)
    write = store.write_for(1, claim, 1)
    assert await db.commit([write], 0) == [write]
    held = await db.held(1)
    assert held is not None
    assert (held.epoch, held.generation) == (claim.epoch, claim.generation + 1)
    assert await db.commit([store.write_for(1, held, 2)], 0) == []


@on_postgresql
async def test_another_node_takes_a_station_over(database, store):
    here, there = await database.open(node="here"), await database.open(node="there")
    await store.add_stations(here, 1)
    (old,) = await here.claim([1])
    (new,) = await there.claim([1])
    assert await here.held(1) is None
    assert await there.held(1) == new
    write = store.write_for(1, old, 1)
    assert await here.commit([write], 0) == [write]
    assert await there.commit([store.write_for(1, new, 2)], 0) == []


async def paused_commit(db, store, claim):
    """A commit that is on its way and stays there until the returned function is called."""
    write = store.write_for(1, claim, 1)
    if db.name == "sqlite":
        go = threading.Event()
        started = threading.Event()
        db._writer.create_function("pause", 0, lambda: (started.set(), go.wait(10), 1)[2])
        write.execute(Statement(update(stations).values(vendor=func.pause())))
        commit = asyncio.get_running_loop().create_task(db.commit([write], 0))
        await asyncio.to_thread(started.wait, 10)
        return commit, go.set
    blocker = await db._pool.acquire()
    await blocker.execute("BEGIN; UPDATE stations SET vendor = 'x' WHERE id = 1")
    write.execute(RENAME, station=1, to="y")
    commit = asyncio.get_running_loop().create_task(db.commit([write], 0))
    await store.until(lambda: db._pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

    def go_on() -> None:
        async def end() -> None:
            await blocker.execute("COMMIT")
            await db._pool.release(blocker)

        asyncio.get_running_loop().create_task(end())

    return commit, go_on


async def test_a_claim_waits_for_the_commit_in_flight(db, store):
    await store.add_stations(db, 1)
    (old,) = await db.claim([1])
    commit, go_on = await paused_commit(db, store, old)
    claim = asyncio.get_running_loop().create_task(db.claim([1]))
    await asyncio.sleep(0.05)
    assert not claim.done()
    assert not commit.done()
    go_on()
    (new,) = await claim
    # the one who claimed sees all that the old session was ever told was stored
    assert [row["id"] for row in await store.rows(db, "messages")] == [1]
    assert await commit == []
    late = store.write_for(1, old, 2)
    assert await db.commit([late], 0) == [late]
    assert await db.commit([store.write_for(1, new, 3)], 0) == []


# ---------------------------------------------------------------------- order within a batch


async def test_a_station_that_came_and_went_in_one_commit_is_gone(db, store):
    await store.add_stations(db, 1, 2)
    one, two = await db.claim([1, 2])
    gone_before, came, went = store.write_for(2, two), store.write_for(1, one), store.write_for(1, one)
    gone_before.execute(sessions.DISCONNECTED, station=2, at=store.NOW)
    came.execute(sessions.CONNECTED, station=1, at=store.NOW, node="node", version="2.0.1")
    went.execute(sessions.DISCONNECTED, station=1, at=store.NOW + 1)
    assert await db.commit([gone_before, came, went], 0) == []
    first, second = await store.rows(db, "stations")
    assert (first["connected_since"], first["node"], first["last_seen_at"]) == (None, None, store.NOW + 1)
    assert (second["connected_since"], second["last_seen_at"]) == (None, store.NOW)


# ---------------------------------------------------------------------- the feed


async def test_each_tenant_has_a_feed_of_its_own(db, store):
    for n in range(3):
        async with db.transaction() as tx:
            tx.emit(event(1, store.NOW, n))
            tx.emit(event(7, store.NOW, n))
            tx.emit(event(7, store.NOW, n + 10))
    assert [(row["sequence"], row["data"]) for row in await store.feed(db, 3)] == [(1, "0"), (2, "1"), (3, "2")]
    assert [(row["sequence"], row["data"]) for row in await store.feed(db, 6, tenant=7)] == [
        (1, "0"), (2, "10"), (3, "1"), (4, "11"), (5, "2"), (6, "12"),
    ]  # fmt: skip


async def test_the_feed_goes_on_after_a_restart(database, store):
    for n in range(3):
        db = await database.open()
        async with db.transaction() as tx:
            tx.emit(event(1, store.NOW, n))
        await store.feed(db, n + 1)
        await database.close(db)
    db = await database.open()
    assert [(row["sequence"], row["data"]) for row in await store.feed(db, 3)] == [(1, "0"), (2, "1"), (3, "2")]


async def test_the_feed_rings_once_its_numbers_are_there(db, store):
    rung = asyncio.Event()
    db.bus.listen("feed", lambda key: rung.set())
    async with db.transaction() as tx:
        tx.emit(event(1, store.NOW, 1))
    async with asyncio.timeout(10):
        await rung.wait()
    assert len(await store.rows(db, "feed")) == 1
    rung.clear()
    async with db.transaction() as tx:
        await tx.execute(TENANT, id=2, name="second")
    assert not rung.is_set()


async def feed_of_many(nodes, store, claims):
    """Three sessions for each node write at once, and a job beside them; each says what it stored, in its order."""
    said: dict[str, list[str]] = {}

    async def session(db, station: int) -> None:
        for n in range(20):
            write = store.write_for(station, claims[station])
            write.emit(Event(1, "test", f"CS{station}", store.NOW, str(n)))
            assert await db.commit([write], station % 2 if db.name == "postgresql" else 0) == []
            said.setdefault(f"CS{station}", []).append(str(n))

    async def job(db, name: str) -> None:
        for n in range(20):
            async with db.transaction() as tx:
                tx.emit(Event(1, "test", name, store.NOW, str(n)))
            said.setdefault(name, []).append(str(n))

    jobs = [job(db, f"job{n}") for n, db in enumerate(nodes)]
    # a lane takes one batch at a time: sessions of one lane queue here as they do behind their writer
    lanes = [stations_of_a_lane(session, db, node, lane) for node, db in enumerate(nodes) for lane in (0, 1)]
    await asyncio.gather(*lanes, *jobs)
    return said


async def stations_of_a_lane(session, db, node: int, lane: int) -> None:
    for station in (node * 6 + lane, node * 6 + lane + 2):
        await session(db, station)


async def test_the_feed_is_dense_and_keeps_the_order_of_commits(database, store):
    nodes = [await database.open(node=f"n{n}") for n in range(1 if database.is_sqlite else 2)]
    stations = [node * 6 + n for node in range(len(nodes)) for n in range(4)]
    await store.add_stations(nodes[0], *stations)
    claims: dict[int, object] = {}
    for n, db in enumerate(nodes):
        mine = [station for station in stations if station // 6 == n]
        claims |= dict(zip(mine, await db.claim(mine), strict=True))
    said = await feed_of_many(nodes, store, claims)
    found = await store.feed(nodes[0], 20 * len(said))
    assert [row["sequence"] for row in found] == list(range(1, 20 * len(said) + 1))
    for subject, order in said.items():
        assert [row["data"] for row in found if row["subject"] == subject] == order
    assert await store.rows(nodes[0], "outbox") == []


# ---------------------------------------------------------------------- rows without a fence, numbers, reading


async def test_rows_that_belong_to_no_session_are_stored_in_bulk(db, store):
    await store.add_stations(db, 1, 2)
    await db.store(
        [(store.MESSAGES, store.message(n)) for n in range(300)],
        [(sessions.SEEN, {"station": 1, "at": 5, "skew": None}), (sessions.SEEN, {"station": 2, "at": 6, "skew": -7})],
    )
    assert len(await store.rows(db, "messages")) == 300
    assert [(row["last_seen_at"], row["clock_skew_us"]) for row in await store.rows(db, "stations")] == [
        (5, None), (6, -7),
    ]  # fmt: skip
    with pytest.raises(Exception, match=r"(?i)unique") as caught:
        await db.store([(store.MESSAGES, store.message(1000)), (store.MESSAGES, store.message(0))], [])
    assert db.is_bad_data(caught.value)
    assert len(await store.rows(db, "messages")) == 300


async def test_a_block_of_numbers_is_nobody_elses(database):
    nodes = [await database.open(node=f"n{n}") for n in range(1 if database.is_sqlite else 2)]
    blocks = await asyncio.gather(*(db.block("x", 10) for db in nodes for _ in range(10)))
    assert sorted(blocks) == [1 + 10 * n for n in range(len(blocks))]
    assert await nodes[0].block("y", 10) == 1


async def test_many_lists_are_read_at_once(db, store):
    await db.store([(store.MESSAGES, store.message(n)) for n in range(50)], [])
    every = Statement(select(messages.c.id).order_by(messages.c.id))
    found = await asyncio.gather(*(db.fetch_many(every) for _ in range(20)))
    assert all([row[0] for row in rows] == list(range(50)) for rows in found)


async def test_a_statement_that_is_wrong_is_not_called_trouble(db):
    for wrong in (Statement(text("SELECT * FROM no_such_table")), Statement(text("SELEC 1"))):
        with pytest.raises(Exception, match=r"no_such_table|SELEC") as caught:
            await db.fetch(wrong)
        assert not isinstance(caught.value, DatabaseGone)
        assert db.is_bad_data(caught.value)


async def test_numbers_of_the_wire_fit_on_both_databases(db, store):
    """What decodes can be stored: integers of the wire have up to 64 bits."""
    await store.add_stations(db, 1)
    (claim,) = await db.claim([1])
    write = store.write_for(1, claim)
    for number in (-(2**63), 2**63 - 1):
        write.execute(
            sessions.STATUS,
            station_id=1, tenant_id=1, evse_id=number, connector_id=number,
            type=None, status="Available", status_at=number, error_code=None,
        )  # fmt: skip
    assert await db.commit([write], 0) == []
    assert [row["evse_id"] for row in await store.rows(db, "connectors", "evse_id")] == [-(2**63), 2**63 - 1]


async def test_appended_rows_take_some_columns(db, store):
    some = Append(feed, "tenant_id", "sequence", "type", "at", "data")
    await db.store([(some, (1, 5, "test", store.NOW, "1"))], [])
    assert [(row["sequence"], row["subject"]) for row in await store.rows(db, "feed", "sequence")] == [(5, None)]
