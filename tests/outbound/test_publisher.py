"""The feed in a stream of a real NATS: every event, in order, whatever dies; nothing twice."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import bindparam, insert

from ohmstead import runtime
from ohmstead.bus.line import Line
from ohmstead.nats_settings import Events, Nats
from ohmstead.outbound import publisher
from ohmstead.outbound.publisher import Publisher, body, subject, word
from ohmstead.settings import Settings
from ohmstead.store import leases, publications
from ohmstead.store.db import Db, Event
from ohmstead.store.resources import events
from ohmstead.store.statement import Statement
from ohmstead.store.tables import feed, tenants
from tests.natsd import Natsd, published

pytestmark = pytest.mark.anyio
Until = Callable[[Callable[[], Any]], Awaitable[None]]
ADD_TENANT = Statement(insert(tenants).values(id=bindparam("id"), name=bindparam("name")))
FORGET = Statement(feed.delete().where(feed.c.sequence <= bindparam("last")))


async def emit(db: Db, *subjects: str | None, tenant: int = 1, kind: str = "ohmstead.transaction.started") -> None:
    async with db.transaction() as tx:
        for one in subjects:
            tx.emit(Event(tenant, kind, one, runtime.now(), json.dumps({"of": one})))


@pytest.fixture
def line(own_natsd: Natsd) -> Line:
    return Line(own_natsd.url, Nats(), "test")


async def test_every_event_is_in_the_stream_once_and_in_order(
    db: Db, own_natsd: Natsd, line: Line, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "TRY_AGAIN", 0.02)
    async with db.transaction() as tx:
        await tx.execute(ADD_TENANT, id=2, name="second one")
    await emit(db, *(f"CS{number}" for number in range(700)))
    await emit(db, None, "C.1 *", tenant=2, kind="ohmstead.alert.firing")

    async def has(many: int) -> None:
        await until(lambda: _many(own_natsd, many))

    first = runtime.spawn(Publisher(db, Settings(), line, "a").run(), "publisher")
    await has(702)
    found = await published(own_natsd.url)
    ours = [one for one in found if one.id.startswith("1-")]
    assert [one.event["sequence"] for one in ours] == list(range(1, 701))
    assert ours[0].subject == "ohmstead.events.default.CS0.transaction.started"
    assert (ours[6].id, ours[6].event["data"]) == ("1-7", {"of": "CS6"})
    assert [one.subject.partition("second%20one")[2] for one in found if one.id.startswith("2-")] == [
        "._.alert.firing",
        ".C%2E1%20%2A.alert.firing",
    ]

    own_natsd.kill()
    await emit(db, "LATE")
    own_natsd.start()
    await has(703)
    await runtime.end(first)
    async with db.transaction() as tx:  # as if the process had died before it noted how far it was
        await tx.execute(Statement(publications.publications.delete()))
    second = runtime.spawn(Publisher(db, Settings(), line, "b").run(), "publisher")
    await emit(db, "NEXT")
    await has(704)
    await runtime.end(second)
    assert len({one.id for one in await published(own_natsd.url)}) == 704
    assert await publications.behind(db, "nats:OHMSTEAD") == []


async def _many(server: Natsd, many: int) -> bool:
    try:
        return len(await published(server.url)) >= many
    except Exception:
        return False


async def test_one_process_publishes_and_a_gap_is_told(
    db: Db, own_natsd: Natsd, line: Line, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(publisher.runtime.log, "error", lambda _, **fields: told.append(fields), raising=False)
    await emit(db, *"abcd")
    await until(lambda: events.after(db, 1, None, 3, 1))  # PostgreSQL numbers them a moment later
    one = Publisher(db, Settings(events=Events(nats_stream="MINE")), line, "a")
    connection = await line.open(lambda: None)
    stream = connection.client.jetstream()
    await one._ensure_stream(stream)
    await leases.take(db, publisher.LEASE, "b", runtime.now(), runtime.now() + 10**9)
    assert not await one.publish(stream, 10**6)
    await leases.release(db, publisher.LEASE, "b")
    await publications.passed(db, "nats:MINE", 1, 1)
    async with db.transaction() as tx:
        await tx.execute(FORGET, last=2)
    assert await one.publish(stream, 10**6)
    assert not await one.publish(stream, 10**6)
    await connection.end()
    assert [stored.event["subject"] for stored in await published(own_natsd.url, "MINE")] == ["c", "d"]
    assert told == [{"tenant": "default", "after": 1, "before": 3}]


def test_what_is_too_big_for_the_server_says_where_it_is() -> None:
    row = {"tenant_id": 1, "sequence": 9, "type": "ohmstead.x.y", "subject": "S", "at": 0, "data": '{"a":"' + "x" * 99}
    row["data"] += '"}'
    assert json.loads(body(row, 10_000))["data"] == {"a": "x" * 99}
    small = json.loads(body(row, 100))
    assert (small["data"], small["dataref"]) == (None, "/api/v1/events?after=8&limit=1")
    assert subject(Line("nats://x", Nats(prefix="p"), "me"), "default", row) == "p.events.default.S.x.y"
    assert [word(text) for text in ("_", "", "é>", "A-1:b")] == ["%5F", "_", "%C3%A9%3E", "A-1:b"]
