"""The lane: a commit that was cut off is stored once, whatever became of it."""

from __future__ import annotations

import asyncpg
import pytest
from sqlalchemy import bindparam, update

from ohmstead.bus.local import LocalBus
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]

COUNT = Statement(update(stations).where(stations.c.id == bindparam("station")).values(version=stations.c.version + 1))


@pytest.fixture
async def cut_db(database, wire):
    return await database.open(url=wire.url)


@pytest.fixture
async def claim(db, store):
    await store.add_stations(db, 1)
    return (await db.claim([1]))[0]


def counting(store, claim, number):
    """A write that would be seen if it were stored twice: a row, an event, and a count that goes up."""
    write = store.write_for(1, claim, number, events=1)
    write.execute(COUNT, station=1)
    return write


@pytest.mark.parametrize("how", ["lost", "unheard"])
async def test_a_commit_cut_off_is_stored_once(db, cut_db, wire, store, claim, writers, how):
    writer = writers(cut_db)
    await writer.put(counting(store, claim, 1))
    wire.at_commit = how
    rings = []
    cut_db.bus.listen("topic", rings.append)
    write = counting(store, claim, 2)
    write.ring("topic", "key")
    await writer.put(write)
    await writer.put(counting(store, claim, 3))
    assert wire.cut_off.is_set()
    assert rings == ["key"]
    assert cut_db.trouble is None
    assert [row["id"] for row in await store.rows(db, "messages")] == [1, 2, 3]
    assert [row["data"] for row in await store.feed(db, 3)] == ['"1-0"', '"2-0"', '"3-0"']
    assert (await store.rows(db, "stations"))[0]["version"] == 4


async def test_a_commit_that_still_runs_is_waited_for(db, cut_db, wire, store, claim, writers):
    writer = writers(cut_db)
    wire.at_commit = "limbo"
    done = writer.put(counting(store, claim, 1))
    await wire.cut_off.wait()
    await store.until(lambda: blocked(db))
    assert not done.done()
    wire.release.set()
    await done
    assert len(await store.rows(db, "messages")) == 1
    assert (await store.rows(db, "stations"))[0]["version"] == 2


async def blocked(db) -> bool:
    """Whether somebody waits for a row that an unfinished transaction wrote."""
    connection = await asyncpg.connect(db.url)
    found = await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
    await connection.close()
    return bool(found)


async def test_the_stale_writes_of_a_lost_answer_stay_stale(db, cut_db, wire, store, claim, writers):
    await store.add_stations(db, 2)
    good, stale = store.write_for(1, claim, 1), store.write_for(2, claim._replace(epoch=77), 2)
    wire.at_commit = "unheard"
    batch = [good, stale]
    with pytest.raises(Exception, match="clos"):
        await cut_db.commit(batch, 0)
    await db.claim([1])  # meanwhile somebody took the station over: too late to make the stored write stale
    assert await cut_db.commit(batch, 0) == [stale]
    assert [row["id"] for row in await store.rows(db, "messages")] == [1]


async def test_another_batch_is_not_taken_for_the_doubtful_one(db, cut_db, wire, store, claim):
    wire.at_commit = "unheard"
    with pytest.raises(Exception, match="clos"):
        await cut_db.commit([store.write_for(1, claim, 1)], 0)
    assert await cut_db.commit([store.write_for(1, claim, 2)], 0) == []
    assert [row["id"] for row in await store.rows(db, "messages")] == [1, 2]


async def test_a_lane_keeps_one_mark_and_takes_it_along(database, db, store, claim):
    other = await database.open(LocalBus())
    for number in range(5):
        await other.commit([store.write_for(1, claim, number)], number % 2)
    assert len(await store.rows(db, "commits")) == 2
    await database.close(other)
    assert await store.rows(db, "commits") == []


async def test_a_connection_left_in_a_transaction_is_ended_by_the_server(db, store, claim):
    await db.commit([store.write_for(1, claim, 1)], 0)
    connection = db._lanes[0]._connection
    assert await connection.fetchval("SHOW idle_in_transaction_session_timeout") == "10s"
