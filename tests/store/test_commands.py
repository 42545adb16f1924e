"""The rows of commands: each step on its way, and what is not a step."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import Raw

from ohmstead.domain.commands import Awaiting
from ohmstead.store import commands as asked
from ohmstead.store.commands import CallRecord, Step
from ohmstead.store.resources import commands as shown
from ohmstead.store.sessions import CONNECTED, load_awaiting

pytestmark = pytest.mark.anyio

SECOND = 1_000_000


class Station:
    """A session of station 1, and the one command it deals with."""

    def __init__(self, db, store, claim):
        self.db, self.store, self.claim = db, store, claim
        self.now = store.NOW
        self.rings = []

    async def ask(self, id="c1", expires=60):
        async with self.db.transaction() as tx:
            await asked.add(
                tx, id=id, tenant_id=1, station_id=1, identity="CS1", type="reset", body='{"type":"reset"}',
                now=self.now, expires_at=self.now + expires * SECOND,
            )  # fmt: skip

    async def commit(self, *fill):
        write = self.store.write_for(1, self.claim)
        for one in fill:
            one(write)
        self.rings += write.rings
        return await self.db.commit([write], 0)

    async def renew(self):
        self.claim = await self.db.held(1)

    def sent(self, id="c1"):
        record = CallRecord("m1", "Reset", Raw(b'{"type":"Soft"}'), sent_at="2026-01-01T00:00:00.000Z")
        return lambda write: asked.write_sent(write, id, [record], self.now)

    def answered(self, state="accepted", id="c1", awaits=None, until=None, reason=None, error=None):
        step = Step(
            state=state, reason=reason, answer=b'{"status":"Accepted"}', error=error, awaits=awaits, confirm_until=until
        )
        return lambda write: asked.write_answered(write, id, step, [], self.now)

    def confirmed(self, id="c1"):
        return lambda write: asked.write_confirmed(write, Awaiting(id, ("boot",), self.now), "CS1", self.now)

    def timed_out(self, id="c1"):
        return lambda write: asked.write_timed_out(write, id, "CS1", "no answer", self.now)

    async def cancel(self, id="c1"):
        row = await shown.find(self.db, 1, None, id)
        async with self.db.transaction() as tx:
            return await shown.cancel(tx, 1, row, self.now)

    async def state(self, id="c1"):
        return (await self.row(id))["state"]

    async def row(self, id="c1"):
        return next(row for row in await self.store.rows(self.db, "commands") if row["id"] == id)


@pytest.fixture
async def station(db, store):
    await store.add_stations(db, 1, 2)
    return Station(db, store, (await db.claim([1]))[0])


async def test_a_command_goes_its_way_and_rings_at_each_step(station, store):
    station.db.bus.listen("station", lambda key: station.rings.append(("station", key)))
    await station.ask()
    queued = await asked.next_queued(station.db, 1)
    assert (queued.id, queued.type) == ("c1", "reset")
    await station.commit(station.sent())
    assert await asked.next_queued(station.db, 1) is None
    station.now += SECOND
    await station.commit(station.answered(awaits=("boot",), until=station.now + 60 * SECOND))
    row = await station.row()
    assert (row["state"], row["answer"], row["awaits"]) == ("accepted", '{"status":"Accepted"}', '["boot"]')
    assert row["sent_at"] == store.NOW
    assert [one.command_id for one in await load_awaiting(station.db, 1)] == ["c1"]
    await station.commit(station.confirmed())
    assert await station.state() == "confirmed"
    assert await load_awaiting(station.db, 1) == []
    assert station.rings == [("station", "1"), ("command", "c1"), ("command", "c1"), ("command", "c1")]
    feed = await store.feed(station.db, 2)
    assert [row["type"] for row in feed] == ["ohmstead.command.queued", "ohmstead.command.confirmed"]


async def test_commands_come_in_the_order_they_were_asked(station):
    for id in ("b", "a", "c"):
        await station.ask(id)
        station.now += 1
    got = []
    while (queued := await asked.next_queued(station.db, 1)) is not None:
        got.append(queued.id)
        await station.commit(station.sent(queued.id))
    assert got == ["b", "a", "c"]


@pytest.mark.parametrize("confirm_first", [True, False])
async def test_the_answer_and_its_confirmation_in_one_commit(station, confirm_first):
    await station.ask()
    await station.commit(station.sent())
    steps = [station.confirmed(), station.answered(awaits=("boot",), until=station.now + SECOND)]
    await station.commit(*(steps if confirm_first else reversed(steps)))
    row = await station.row()
    assert (row["state"], row["answer"]) == ("confirmed", '{"status":"Accepted"}')


async def test_steps_of_two_writes_in_one_commit_keep_their_order(station, store):
    await station.ask()
    await station.ask("c2")
    writes = []
    for fill in (
        station.sent("c2"), station.sent(), station.answered("rejected"), station.answered("accepted", "c2"),
        station.confirmed("c2"),
    ):  # fmt: skip
        write = store.write_for(1, station.claim)
        fill(write)
        writes.append(write)
    await station.db.commit(writes, 0)
    assert (await station.state(), await station.state("c2")) == ("rejected", "confirmed")


async def test_cancelled_only_while_it_is_queued(station, store):
    await station.ask()
    assert await station.cancel()
    assert await station.state() == "cancelled"
    assert not await station.cancel()
    assert await asked.next_queued(station.db, 1) is None
    await station.ask("c2")
    await station.renew()
    await station.commit(station.sent("c2"))
    assert not await station.cancel("c2")
    assert await station.state("c2") == "sent"
    assert [row["type"] for row in await store.feed(station.db, 3)][1] == "ohmstead.command.cancelled"


async def test_what_is_cancelled_in_the_last_moment_is_not_sent(station):
    await station.ask()
    assert await station.cancel()
    assert len(await station.commit(station.sent())) == 1  # stale: the session reads again, and finds nothing
    assert await station.state() == "cancelled"


@pytest.mark.parametrize("end", ["rejected", "error", "timed_out", "expired", "cancelled", "confirmed", "unconfirmed"])
async def test_nothing_follows_an_end(station, end):
    await station.ask()
    async with station.db.transaction() as tx:
        await tx.execute(END, which="c1", end=end)
    await station.commit(station.sent(), station.confirmed(), station.timed_out())
    assert await station.state() == end
    assert not await station.cancel()
    station.now += 3600 * SECOND
    assert await asked.end_overdue(station.db, station.now) == 0
    assert await station.state() == end


END = asked.Statement(
    asked.update(asked.commands)
    .where(asked.commands.c.id == asked.bindparam("which"))
    .values(state=asked.bindparam("end"))
)


async def test_expired_while_it_was_queued(station, store):
    await station.ask(expires=10)
    await station.ask("c2", expires=20)
    assert await asked.end_overdue(station.db, station.now + 10 * SECOND) == 0
    assert await asked.end_overdue(station.db, station.now + 11 * SECOND) == 1
    assert (await station.state(), await station.state("c2")) == ("expired", "queued")
    # the session that was about to send it must look again
    assert len(await station.commit(station.sent())) == 1
    feed = await store.feed(station.db, 3)
    assert feed[2]["type"] == "ohmstead.command.expired"
    assert msgspec.json.decode(feed[2]["data"])["id"] == "c1"


async def test_unconfirmed_when_nothing_followed_in_time(station):
    for id, awaits in (("c1", ("boot",)), ("c2", None)):
        await station.ask(id)
        await station.commit(station.sent(id))
        await station.commit(station.answered(id=id, awaits=awaits, until=awaits and station.now + 30 * SECOND))
    assert await asked.end_overdue(station.db, station.now + 30 * SECOND) == 0
    assert await asked.end_overdue(station.db, station.now + 31 * SECOND) == 1
    assert (await station.state(), await station.state("c2")) == ("unconfirmed", "accepted")


async def test_timed_out_when_no_answer_came(station, store):
    await station.ask()
    await station.commit(station.sent())
    assert await asked.sent_before(station.db, 1) == ["c1"]
    await station.commit(station.timed_out())
    row = await station.row()
    assert (row["state"], row["reason"]) == ("timed_out", "no answer")
    assert await asked.sent_before(station.db, 1) == []


async def test_what_a_crash_left_on_the_wire_is_abandoned_once_its_station_is_gone(station, store):
    await station.ask()
    await station.commit(station.sent(), lambda write: write.execute(
        CONNECTED, station=1, at=store.NOW, node="node", version="2.0.1"
    ))  # fmt: skip
    later = station.now + asked.ABANDONED_AFTER + 1
    assert await asked.end_overdue(station.db, later) == 0
    async with station.db.transaction() as tx:
        await tx.execute(asked.Statement(asked.update(asked.stations).values(connected_since=None)))
    assert await asked.end_overdue(station.db, later - 2) == 0
    assert await asked.end_overdue(station.db, later) == 1
    assert await station.state() == "timed_out"


async def test_a_session_that_lost_its_station_moves_no_command(station):
    await station.ask()
    await station.db.claim([1])
    for fill in (station.sent(), station.answered(), station.confirmed(), station.timed_out()):
        assert len(await station.commit(fill)) == 1
    assert await station.state() == "queued"


async def test_stations_with_waiting_commands_are_found(station):
    assert await station.db.fetch(asked.WAITING) == []
    await station.ask()
    await station.ask("c2")
    assert [row[0] for row in await station.db.fetch(asked.WAITING)] == [1]
