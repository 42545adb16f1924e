"""Permits in turn."""

from __future__ import annotations

import asyncio

import pytest

from ohmstead.gateway.turns import Turns

pytestmark = pytest.mark.anyio


async def let_in(turns: Turns, key: str, served: list[str], leave: asyncio.Event) -> None:
    async with turns.of(key):
        served.append(key)
        await leave.wait()
        await asyncio.sleep(0)


async def test_who_knocks_often_waits_as_long_as_all_others() -> None:
    turns, served, leave = Turns(1), [], asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for key in ("noisy",) * 50 + tuple("abcde"):
            group.create_task(let_in(turns, key, served, leave))
        await asyncio.sleep(0)
        leave.set()
    assert served[:8] == ["noisy", "noisy", "a", "b", "c", "d", "e", "noisy"]
    assert len(served) == 55
    assert (turns._free, turns._waiting) == (1, {})


async def test_never_more_at_once_than_there_are_permits() -> None:
    turns, inside, most = Turns(3), 0, 0

    async def work(key: str) -> None:
        nonlocal inside, most
        async with turns.of(key):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    async with asyncio.TaskGroup() as group:
        for number in range(40):
            group.create_task(work(str(number % 7)))
    assert most == 3
    assert turns._free == 3


@pytest.mark.parametrize("granted", [False, True])
async def test_who_goes_away_takes_no_permit_along(granted: bool) -> None:
    """Also when the permit came in the same moment."""
    turns, served, leave = Turns(1), [], asyncio.Event()
    leave.set()
    async with turns.of("a"):
        gone = asyncio.create_task(let_in(turns, "b", served, leave))
        last = asyncio.create_task(let_in(turns, "c", served, leave))
        await asyncio.sleep(0)
        if not granted:
            gone.cancel()
    gone.cancel()
    async with asyncio.timeout(20):
        await last
    assert served == ["c"]
    assert turns._free == 1
