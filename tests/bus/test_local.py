"""The doorbell within a process."""

from __future__ import annotations

import asyncio

import pytest

from ohmstead.bus.local import Bell, LocalBus

pytestmark = pytest.mark.anyio


async def test_listeners_of_a_topic_are_called():
    bus, heard = LocalBus(), []
    await bus.start()
    leave = bus.listen("a", lambda key: heard.append(("first", key)))
    bus.listen("a", lambda key: heard.append(("second", key)))
    bus.listen("b", lambda key: heard.append(("other", key)))
    bus.ring("a", "1")
    leave()
    leave()
    bus.ring("a", "2")
    bus.ring("c", "3")
    assert heard == [("first", "1"), ("second", "1"), ("second", "2")]
    await bus.close()
    bus.ring("a", "4")
    assert len(heard) == 3


async def test_a_listener_may_leave_while_it_is_called():
    bus, heard = LocalBus(), []

    def once(key: str) -> None:
        heard.append(key)
        leave()

    leave = bus.listen("a", once)
    bus.listen("a", heard.append)
    bus.ring("a", "1")
    bus.ring("a", "2")
    assert heard == ["1", "1", "2"]


async def test_a_listener_that_fails_harms_no_other():
    bus, heard = LocalBus(), []
    bus.listen("a", lambda key: 1 / 0)
    bus.listen("a", heard.append)
    bus.ring("a", "1")
    assert heard == ["1"]


async def test_a_bell_waits_for_its_key():
    bus = LocalBus()
    with Bell(bus, "a", "1") as bell:
        bus.ring("a", "2")
        assert not await bell.wait(0)
        bus.ring("a", "1")
        assert await bell.wait(10)
        assert not await bell.wait(0)
        waiting = asyncio.get_running_loop().create_task(bell.wait(10))
        await asyncio.sleep(0)
        bus.ring("a", "1")
        assert await waiting
    bus.ring("a", "1")
    assert not await bell.wait(0)
    with Bell(bus, "a") as every:
        bus.ring("a", "77")
        assert await every.wait(10)
