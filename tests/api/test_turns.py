from __future__ import annotations

import asyncio

import pytest

from ohmstead.api.turns import Turns

pytestmark = pytest.mark.anyio


async def test_one_at_a_time_for_each_name():
    turns, seen = Turns(), []
    let_go, both_began = asyncio.Event(), asyncio.Event()

    async def work(name, number):
        async with turns.take(name):
            seen.append(number)
            if len(seen) == 2:
                both_began.set()
            if number == 1:
                await let_go.wait()

    tasks = [asyncio.create_task(work("a", 1)), asyncio.create_task(work("a", 2)), asyncio.create_task(work("b", 3))]
    await both_began.wait()
    assert seen == [1, 3]
    let_go.set()
    await asyncio.gather(*tasks)
    assert seen == [1, 3, 2]
    assert len(turns) == 0


async def test_a_failure_gives_the_turn_on():
    turns = Turns()
    with pytest.raises(RuntimeError):
        await fails(turns)
    async with turns.take("a"):
        assert len(turns) == 1
    assert len(turns) == 0


async def fails(turns):
    async with turns.take("a"):
        raise RuntimeError
