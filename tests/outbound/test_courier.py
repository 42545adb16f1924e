"""Events reach webhooks at least once, in order for each station; what fails holds back no others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import bindparam, insert, select

from ohmstead import runtime
from ohmstead.domain.webhooks import GIVE_UP, SECOND
from ohmstead.outbound.courier import Courier
from ohmstead.runtime import FakeClock
from ohmstead.settings import Settings, Webhooks
from ohmstead.shapes.webhook import WebhookNew
from ohmstead.store import secrets
from ohmstead.store import webhooks as leases
from ohmstead.store.db import Db, Event
from ohmstead.store.resources import webhooks
from ohmstead.store.statement import Statement
from ohmstead.store.tables import deliveries, feed, stations
from ohmstead.store.tables import webhooks as table

pytestmark = pytest.mark.anyio

KEY = b"k" * 32
SETTINGS = Settings(webhooks=Webhooks(allow_private=("127.0.0.1",)))
URL = "http://127.0.0.1/in"
FEED = Statement(select(feed.c.type).order_by(feed.c.sequence))
STATES = Statement(select(*(deliveries.c[name] for name in ("sequence", "state", "attempts"))).order_by("sequence"))


class Receiver:
    """Takes POSTs; `sick` says with what it answers for which subject."""

    def __init__(self) -> None:
        self.got: list[tuple[str, int]] = []
        self.asked = 0
        self.sick: dict[str, int | Exception] = {}
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        event = json.loads(request.content)
        self.asked += 1
        answer = self.sick.get(event["subject"], self.sick.get("*", 200))
        if isinstance(answer, Exception):
            raise answer
        if answer == 200:
            self.got.append((event["subject"], event["data"]))
        return httpx.Response(answer)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    one = FakeClock()
    monkeypatch.setattr(runtime, "clock", one)
    return one


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@asynccontextmanager
async def courier(db: Db, receiver: Receiver, me: str = "a") -> AsyncIterator[Courier]:
    one = Courier(db, SETTINGS, KEY, me, receiver.client)
    try:
        yield one
    finally:
        await one.rest()


async def deliver(db: Db, receiver: Receiver, me: str = "a") -> None:
    async with courier(db, receiver, me) as one:
        await one.look()
        await one.rest()


async def add(db: Db, *types: str, id: int = 1, sites: list[int] | None = None) -> None:
    async with db.transaction() as tx:
        new = WebhookNew(url=URL, types=list(types) or ["*"])
        sealed = secrets.seal(KEY, "whsec_QUJDRA==")
        await webhooks.add(tx, 1, id, new, sites, sealed=sealed, cursor=0, now=runtime.now())


@pytest.fixture
def emit(db: Db, until: Any) -> Any:
    """Puts events into the feed and waits until they have their numbers."""

    async def put(*events: tuple[str, int], type: str = "ohmstead.x.y") -> None:
        wanted = len(await db.fetch(FEED)) + len(events)
        async with db.transaction() as tx:
            for subject, data in events:
                tx.emit(Event(1, type, subject, runtime.now(), str(data)))

        async def there() -> bool:
            return len(await db.fetch(FEED)) == wanted

        await until(there)

    return put


async def states(db: Db) -> list[tuple[int, str, int]]:
    return [tuple(row) for row in await db.fetch(STATES)]  # type: ignore[misc]


async def hook(db: Db) -> dict[str, Any]:
    names = [column.name for column in table.columns]
    return dict(zip(names, (await db.fetch(Statement(select(table))))[0], strict=True))


async def test_what_is_wanted_arrives_in_order(db, emit, clock, receiver):
    await add(db, "ohmstead.x.*")
    await emit(("A", 1), ("B", 2), ("A", 3))
    await emit(("A", 4), type="ohmstead.z")
    await deliver(db, receiver)
    assert sorted(receiver.got, key=lambda one: one[1]) == [("A", 1), ("B", 2), ("A", 3)]
    assert [data for subject, data in receiver.got if subject == "A"] == [1, 3]
    assert await states(db) == [(1, "delivered", 1), (2, "delivered", 1), (3, "delivered", 1)]
    assert (await hook(db))["cursor"] == 4
    await deliver(db, receiver)
    assert receiver.asked == 3


async def test_a_sick_station_waits_and_the_others_do_not(db, emit, clock, receiver):
    await add(db)
    receiver.sick["A"] = 500
    await emit(("A", 1), ("A", 2), ("B", 3))
    await deliver(db, receiver)
    assert receiver.got == [("B", 3)]
    assert await states(db) == [(1, "waiting", 1), (2, "waiting", 0), (3, "delivered", 1)]
    await emit(("A", 4))
    await deliver(db, receiver)
    assert receiver.asked == 2  # nothing of A before its time
    assert await leases.due(db, "a", runtime.now()) == []  # and what is held back is no reason to look
    receiver.sick.clear()
    clock.advance(5)
    await deliver(db, receiver)
    assert receiver.got == [("B", 3), ("A", 1), ("A", 2), ("A", 4)]


async def test_a_dead_receiver_is_left_alone_for_a_while(db, emit, clock, receiver):
    await add(db)
    receiver.sick["*"] = httpx.ConnectError("refused")
    await emit(*((f"S{n}", n) for n in range(40)))
    await deliver(db, receiver)
    asked = receiver.asked
    assert (await hook(db))["failures"] == 1
    await emit(("T", 1))
    await deliver(db, receiver)
    assert receiver.asked == asked
    receiver.sick.clear()
    clock.advance(6)
    await deliver(db, receiver)
    assert len(receiver.got) == 41
    assert (await hook(db))["failures"] == 0


async def test_after_three_days_it_is_given_up_and_turned_off(db, emit, clock, receiver, until):
    await add(db)
    receiver.sick["*"] = 500
    await emit(("A", 1))
    for _ in range(30):
        await deliver(db, receiver)
        clock.advance(4 * 3600)
    row = await hook(db)
    assert (row["enabled"], "three days" in row["disabled_reason"]) == (0, True)
    assert await states(db) == [(1, "dead", 19)]

    async def told() -> bool:
        return [type for (type,) in await db.fetch(FEED)] == ["ohmstead.x.y", "ohmstead.webhook.disabled"]

    await until(told)
    assert clock.at - row["created_at"] >= GIVE_UP


async def test_gone_means_gone(db, emit, clock, receiver):
    await add(db)
    receiver.sick["*"] = 410
    await emit(("A", 1))
    await deliver(db, receiver)
    assert (await hook(db))["disabled_reason"] == "the receiver answered 410 Gone"


async def test_two_processes_do_not_send_twice(db, emit, clock, receiver):
    await add(db)
    await emit(*((f"S{n}", n) for n in range(20)))
    async with courier(db, receiver, "a") as a, courier(db, receiver, "b") as b:
        await a.look()
        await b.look()
    assert receiver.asked == 20


async def test_a_process_that_died_leaves_its_work_to_another(db, emit, clock, receiver):
    await add(db)
    await emit(("A", 1))
    assert await leases.take(db, 1, "died", clock.at)
    await deliver(db, receiver, "b")
    assert receiver.got == []
    clock.advance(leases.LEASE / SECOND + 1)
    await deliver(db, receiver, "b")
    assert receiver.got == [("A", 1)]


async def test_what_a_crash_left_between_steps_is_sent_again_not_lost(db, emit, clock, receiver, monkeypatch):
    await add(db)
    await emit(("A", 1), ("A", 2))

    async def crash(*_: Any, **__: Any) -> bool:
        raise SystemError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(leases, "settle", crash)
        one = Courier(db, SETTINGS, KEY, "a", receiver.client)
        await one.look()
        await one.rest()
    await deliver(db, receiver)
    assert receiver.got == [("A", 1), ("A", 2), ("A", 1), ("A", 2)]


async def test_a_webhook_of_a_site_hears_of_its_stations_only(db, emit, clock, receiver):
    fields = ("id", "tenant_id", "identity", "site_id", "registration", "security_profile", "created_at")
    station = Statement(insert(stations).values({name: bindparam(name) for name in fields}))
    async with db.transaction() as tx:
        for number, site in ((1, None), (2, 9)):
            await tx.execute(
                station, **dict(zip(fields, (number, 1, f"CS{number}", site, "accepted", 1, 0), strict=True))
            )
    await add(db, sites=[9])
    await emit(("CS1", 1), ("CS2", 2), ("CS1", 3))
    await deliver(db, receiver)
    assert receiver.got == [("CS2", 2)]
    assert (await hook(db))["cursor"] == 3
