"""What every bus between processes keeps to, with the real server behind it.

A module of tests gives the fixtures `connect` (a started bus that reaches its server, for a URL), `direct` (the URL)
and `wire` (a `url` whose way can be `cut()` and `mend()`ed).
"""

from __future__ import annotations

import asyncio

import pytest


class Ear:
    """Hears one topic of a bus."""

    def __init__(self, bus):
        self.heard: list[str] = []
        self._more = asyncio.Event()
        bus.listen("topic", self._hear)

    def _hear(self, key: str) -> None:
        self.heard.append(key)
        self._more.set()

    async def until(self, *keys: str) -> None:
        async with asyncio.timeout(20):
            while not set(keys) <= set(self.heard):
                await self._more.wait()
                self._more.clear()


class Contract:
    async def test_a_ring_is_heard_here_at_once_and_there_soon(self, connect, direct):
        here, there = await connect(direct), await connect(direct)
        near, far = Ear(here), Ear(there)
        await reached(there, far, here, near)
        near.heard.clear()
        far.heard.clear()
        here.ring("topic", "1")
        assert near.heard == ["1"]
        await far.until("1")
        there.ring("topic", "2")
        await near.until("2")
        assert near.heard == ["1", "2"]
        assert far.heard == ["1", "2"]

    async def test_many_rings_travel_together(self, connect, direct):
        here, there = await connect(direct), await connect(direct)
        far = Ear(there)
        await reached(here, far)
        far.heard.clear()
        keys = [f"{n:040}" for n in range(7_000)]
        for key in keys:
            here.ring("topic", key)
            here.ring("topic", key)
        await far.until(*keys)
        assert sorted(far.heard) == keys

    async def test_a_bus_that_only_listens_comes_back(self, connect, direct, wire):
        here, there = await connect(direct), await connect(wire.url)
        far = Ear(there)
        await reached(here, far)
        wire.cut()
        wire.mend()
        far.heard.clear()
        await reached(here, far)

    async def test_what_was_rung_while_the_way_was_cut_is_told_when_it_is_back(self, connect, direct, wire):
        here, there = await connect(wire.url), await connect(direct)
        near, far = Ear(here), Ear(there)
        await reached(here, far)
        wire.cut()
        here.ring("topic", "meanwhile")
        assert near.heard[-1] == "meanwhile"
        await asyncio.sleep(0.05)
        assert "meanwhile" not in far.heard
        wire.mend()
        await far.until("meanwhile")

    @pytest.mark.parametrize("turns", range(4))
    async def test_it_closes_also_in_the_moment_of_a_ring(self, connect, direct, turns):
        """The cancellation comes between the ring and the one who waits for it."""
        bus = await connect(direct)
        bus.ring("topic", "key")
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await bus.close()
        assert bus._task.done()


async def reached(*pairs):
    """Ring until it is heard: who has just begun to listen may miss some. Pairs of a bus and a far ear."""
    for bus, ear in zip(pairs[::2], pairs[1::2], strict=True):
        async with asyncio.timeout(20):
            while "hello" not in ear.heard:
                bus.ring("topic", "hello")
                await asyncio.sleep(0.005)
    await asyncio.sleep(0.02)  # what was rung too often is through
