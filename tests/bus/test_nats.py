"""The doorbell over NATS, with the real server: it dies and comes back, the way is cut, nobody is there."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from ohmstead.bus import line, nats
from ohmstead.bus.line import Line
from ohmstead.bus.nats import MOST_TOGETHER, NatsBus, by_topic
from ohmstead.nats_settings import Nats
from tests.bus.contract import Contract, Ear, reached
from tests.cable import Cable
from tests.natsd import Natsd

pytestmark = pytest.mark.anyio


def test_rings_are_told_by_topic_in_messages_of_bounded_size():
    rings = [("a", str(n)) for n in range(MOST_TOGETHER + 1)] + [("b", "x")]
    found = list(by_topic(rings))
    assert [(topic, len(keys)) for topic, keys in found] == [("a", MOST_TOGETHER), ("a", 1), ("b", 1)]
    assert [(topic, key) for topic, keys in found for key in keys] == rings


@pytest.fixture
async def connect(monkeypatch, until, anyio_backend):
    monkeypatch.setattr(nats, "RECONNECT_AFTER", 0.01)
    made = []

    async def make(url, prefix="ohmstead"):
        bus = NatsBus(Line(url, Nats(prefix=prefix), "test"))
        await bus.start()
        made.append(bus)
        await until(lambda: bus._connection is not None)
        return bus

    yield make
    for bus in made:
        await bus.close()


@pytest.fixture
def direct(natsd):
    return natsd.url


@pytest.fixture
async def wire(natsd, anyio_backend):
    cable = Cable(natsd.port)
    await cable.start()
    yield SimpleNamespace(url=f"nats://127.0.0.1:{cable.port}", cut=cable.cut, mend=cable.mend)
    await cable.close()


class TestContract(Contract):
    pass


async def test_two_that_share_a_server_do_not_hear_each_other(connect, natsd):
    ours, same, other = await connect(natsd.url), await connect(natsd.url), await connect(natsd.url, "other")
    far, stranger = Ear(same), Ear(other)
    await reached(ours, far)
    assert stranger.heard == []


async def test_the_server_dies_and_comes_back(connect, tmp_path, monkeypatch):
    monkeypatch.setattr(line, "CONFIRM_WITHIN", 0.2)
    server = Natsd(tmp_path)
    server.start()
    try:
        here, there = await connect(server.url), await connect(server.url)
        far = Ear(there)
        await reached(here, far)
        server.kill()
        server.start()
        far.heard.clear()
        await reached(here, far)
    finally:
        server.kill()


async def test_a_bus_starts_and_closes_without_a_server():
    bus = NatsBus(Line("nats://127.0.0.1:1", Nats(), "test"))
    await bus.start()
    ear = Ear(bus)
    bus.ring("topic", "1")
    await asyncio.sleep(0.01)
    assert ear.heard == ["1"]
    await bus.close()
