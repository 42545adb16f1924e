from __future__ import annotations

import asyncio

import pytest

from ohmstead.store.resources import idempotency
from ohmstead.store.resources.idempotency import KEPT_FOR, Kept

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


async def test_the_first_takes_the_key_and_leaves_its_answer(db):
    async with db.transaction() as tx:
        assert await idempotency.take(tx, 1, "k", "f", NOW)
        await idempotency.keep(tx, 1, "k", 201, {"ETag": '"1"'}, "{}")
    async with db.transaction() as tx:
        assert not await idempotency.take(tx, 1, "k", "f", NOW + 1)
        assert await idempotency.take(tx, 2, "k", "f", NOW + 1)
    assert await idempotency.find(db, 1, "k", NOW) == Kept("f", 201, {"ETag": '"1"'}, "{}")
    assert await idempotency.find(db, 1, "other", NOW) is None


async def test_what_was_rolled_back_took_nothing(db):
    async def fails():
        async with db.transaction() as tx:
            await idempotency.take(tx, 1, "k", "f", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert await idempotency.find(db, 1, "k", NOW) is None


async def test_a_key_can_be_used_again_after_a_day(db):
    async with db.transaction() as tx:
        await idempotency.take(tx, 1, "k", "old", NOW)
    later = NOW + KEPT_FOR + 1
    assert await idempotency.find(db, 1, "k", later) is None
    async with db.transaction() as tx:
        assert await idempotency.take(tx, 1, "k", "new", later)
    assert (await idempotency.find(db, 1, "k", later)).fingerprint == "new"
    async with db.transaction() as tx:
        await idempotency.forget_old(tx, later + KEPT_FOR + 1)
    assert await idempotency.find(db, 1, "k", later) is None


async def test_a_twin_on_another_node_waits_for_the_first(db):
    first_is_in, let_go = asyncio.Event(), asyncio.Event()

    async def first():
        async with db.transaction() as tx:
            assert await idempotency.take(tx, 1, "k", "f", NOW)
            first_is_in.set()
            await let_go.wait()

    async def second():
        await first_is_in.wait()
        async with db.transaction() as tx:
            return await idempotency.take(tx, 1, "k", "f", NOW)

    one, other = asyncio.create_task(first()), asyncio.create_task(second())
    await first_is_in.wait()
    await asyncio.sleep(0)
    assert not other.done()
    let_go.set()
    await one
    assert await other is False
