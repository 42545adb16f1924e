"""What a change of a webhook does to what waits for it."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, insert, select

from ohmstead.shapes.webhook import WebhookNew
from ohmstead.store.resources import webhooks
from ohmstead.store.statement import Statement
from ohmstead.store.tables import deliveries

pytestmark = pytest.mark.anyio

ADD = Statement(insert(deliveries).values({column.name: bindparam(column.name) for column in deliveries.columns}))
ALL = Statement(
    select(deliveries.c.sequence, deliveries.c.state, deliveries.c.attempts, deliveries.c.next_at).order_by("sequence")
)
ROW = {"webhook_id": 1, "tenant_id": 1, "subject": "A", "type": "t", "attempts": 9, "first_at": 1, "last_at": 1,
       "next_at": 10**12, "status": 500, "error": "e", "at": 1}  # fmt: skip


@pytest.fixture
async def tried(db):
    async with db.transaction() as tx:
        new = WebhookNew(url="https://a.example", types=["*"])
        await webhooks.add(tx, 1, 1, new, None, sealed="s", cursor=3, now=0)
        for sequence, state in ((1, "dead"), (2, "waiting"), (3, "delivered")):
            await tx.execute(ADD, sequence=sequence, state=state, **ROW)
    return db


async def test_turned_on_again_what_waits_begins_anew(tried):
    row = await webhooks.find(tried, 1, "1")
    async with tried.transaction() as tx:
        assert await webhooks.change(tx, 1, row, {"enabled": 1}, 50)
    assert [tuple(one) for one in await tried.fetch(ALL)] == [
        (1, "dead", 9, 10**12),
        (2, "waiting", 0, 50),
        (3, "delivered", 9, 10**12),
    ]
    async with tried.transaction() as tx:
        assert not await webhooks.change(tx, 1, row, {"url": "https://b.example"}, 60)


@pytest.mark.parametrize(("id", "there"), [("1", True), ("3", True), ("4", False), ("x", False), ("1" * 30, False)])
async def test_any_delivery_can_be_replayed(tried, id, there):
    async with tried.transaction() as tx:
        row = await webhooks.replay(tx, 1, 1, id, 77)
    assert (row is not None) is there
    assert row is None or (row["state"], row["attempts"], row["next_at"]) == ("waiting", 0, 77)


async def test_nothing_is_left_of_one_that_is_removed(tried):
    async with tried.transaction() as tx:
        assert not await webhooks.remove(tx, 2, 1)
        assert await webhooks.remove(tx, 1, 1)
    assert await tried.fetch(ALL) == []
