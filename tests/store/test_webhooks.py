"""The lease of a webhook and its cursor; tests/outbound/test_courier.py tries them in use."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.shapes.webhook import WebhookNew
from ohmstead.store import webhooks
from ohmstead.store.db import Db, Event
from ohmstead.store.resources import webhooks as resource
from ohmstead.store.webhooks import LEASE

pytestmark = pytest.mark.anyio


async def add(db: Db, types: list[str]) -> None:
    async with db.transaction() as tx:
        new = WebhookNew(url="https://a.example", types=types)
        await resource.add(tx, 1, 1, new, None, sealed="s", cursor=0, now=0)


async def test_one_process_has_it_until_it_lets_go_or_its_lease_ends(db):
    await add(db, ["*"])
    assert await webhooks.take(db, 1, "a", 100)
    assert await webhooks.take(db, 1, "b", 101) is None
    assert await webhooks.take(db, 1, "a", 102)
    await webhooks.release(db, 1, "a")
    assert await webhooks.take(db, 1, "b", 103)
    assert await webhooks.take(db, 1, "a", 103 + LEASE + 1)


async def test_who_lost_the_lease_moves_no_cursor_and_ends_no_round(db, store: Any):
    await add(db, ["*"])
    async with db.transaction() as tx:
        tx.emit(Event(1, "ohmstead.x", "A", 1, "1"))
    await store.feed(db, 1)
    late = await webhooks.take(db, 1, "a", 100)
    assert await webhooks.take(db, 1, "b", 100 + LEASE + 1)
    assert (await webhooks.fan_out(db, late, "a", 200)).cursor == 0
    assert await store.rows(db, "deliveries") == []
    assert not await webhooks.settle(db, late, "a", [], failures=0, resume_at=0, now=200)


async def test_a_long_queue_is_left_in_the_feed(db, store: Any, monkeypatch):
    await add(db, ["ohmstead.x"])
    async with db.transaction() as tx:
        for n in range(4):
            tx.emit(Event(1, "ohmstead.x", "A", 1, str(n)))
    await store.feed(db, 4)
    monkeypatch.setattr(webhooks, "EVENTS_AT_ONCE", 2)
    hook = await webhooks.take(db, 1, "a", 100)
    hook = await webhooks.fan_out(db, hook, "a", 100)
    assert (hook.cursor, len(await store.rows(db, "deliveries"))) == (2, 2)
    assert [row["data"] for row in await webhooks.waiting(db, hook, 100)] == ["0", "1"]
