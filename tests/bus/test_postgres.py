"""The doorbell between processes: LISTEN and NOTIFY, also after the way was cut."""

from __future__ import annotations

import asyncio
import json

import asyncpg
import pytest

from ohmstead.bus import postgres
from ohmstead.bus.postgres import MOST_BYTES, PostgresBus, portions

pytestmark = pytest.mark.anyio


def test_portions_fit_and_hold_everything():
    rings = [("topic", f"{n}" * (n % 50)) for n in range(2_000)]
    found = list(portions(rings))
    assert [ring for portion in found for ring in portion] == rings
    assert all(len(json.dumps([123456, portion])) < 8_000 for portion in found)
    assert 1 < len(found) < 2 + sum(len(json.dumps(ring)) + 2 for ring in rings) / (MOST_BYTES - 100)
    assert list(portions([])) == []
    assert list(portions([("a", "x" * 9_000), ("b", "1")])) == [[("a", "x" * 9_000)], [("b", "1")]]


@pytest.fixture
async def connected(postgres_url, listening, monkeypatch):
    """Makes buses that listen already, two processes' worth."""
    monkeypatch.setattr(postgres, "RECONNECT_AFTER", 0.01)
    monkeypatch.setattr(postgres, "TOGETHER", 0.001)
    made = []

    async def make():
        others = await listening(0)
        bus = PostgresBus(postgres_url)
        await bus.start()
        made.append(bus)
        await listening(1, but=others)
        return bus

    yield make
    for bus in made:
        await bus.close()


@pytest.fixture
def listening(postgres_url, until):
    """The backends that listen, as soon as there are so many besides `but`."""

    async def wait(many: int, but: frozenset[int] = frozenset()) -> frozenset[int]:
        found: set[int] = set()

        async def there() -> bool:
            rows = await connection.fetch(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'"
            )
            found.update({row[0] for row in rows} - but)
            return len(found) >= many

        connection = await asyncpg.connect(postgres_url)
        await until(there)
        await connection.close()
        return frozenset(found)

    return wait


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


async def test_a_ring_is_heard_here_at_once_and_there_soon(connected):
    here, there = await connected(), await connected()
    near, far = Ear(here), Ear(there)
    here.ring("topic", "1")
    assert near.heard == ["1"]
    await far.until("1")
    there.ring("topic", "2")
    await near.until("2")
    assert near.heard == ["1", "2"]
    assert far.heard == ["1", "2"]


async def test_many_rings_travel_together(connected):
    here, there = await connected(), await connected()
    far = Ear(there)
    keys = [f"{n:040}" for n in range(1_000)]
    for key in keys:
        here.ring("topic", key)
        here.ring("topic", key)
    await far.until(*keys)
    assert sorted(far.heard) == keys


async def test_a_bus_that_only_listens_comes_back(connected, listening, postgres_url):
    here, there = await connected(), await connected()
    far = Ear(there)
    lost = await listening(2)
    connection = await asyncpg.connect(postgres_url)
    for pid in lost:
        await connection.execute("SELECT pg_terminate_backend($1)", pid)
    await connection.close()
    await listening(2, but=lost)
    here.ring("topic", "after")
    await far.until("after")


@pytest.fixture
async def far_off(wire, listening, monkeypatch):
    """A bus whose way to the database can be cut."""
    monkeypatch.setattr(postgres, "RECONNECT_AFTER", 0.01)
    bus = PostgresBus(wire.url)
    await bus.start()
    await listening(1)
    yield bus
    await bus.close()


async def test_what_was_rung_while_the_way_was_cut_is_told_when_it_is_back(far_off, wire, postgres_url, connected):
    near, far = Ear(far_off), Ear(await connected())
    wire.cut()
    far_off.ring("topic", "meanwhile")
    assert near.heard == ["meanwhile"]
    await asyncio.sleep(0.05)
    assert far.heard == []
    wire.mend()
    await far.until("meanwhile")


async def test_a_silent_connection_is_asked(connected, postgres_url, until, monkeypatch):
    bus = await connected()
    monkeypatch.setattr(postgres, "LOOK_EVERY", 0.01)
    bus.ring("topic", "key")  # it does not sleep for the half minute of before
    connection = await asyncpg.connect(postgres_url)
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT 1'"
    await until(lambda: connection.fetchval(asked))
    await connection.close()


async def test_a_bus_starts_and_closes_without_a_database(tmp_path):
    bus = PostgresBus(f"postgresql://nobody@/nothing?host={tmp_path}")
    await bus.start()
    ear = Ear(bus)
    bus.ring("topic", "1")
    await asyncio.sleep(0.01)
    assert ear.heard == ["1"]
    await bus.close()


@pytest.mark.parametrize("turns", range(4))
async def test_it_closes_also_in_the_moment_of_a_ring(connected, turns):
    """The cancellation comes between the ring and the one who waits for it."""
    bus = await connected()
    bus.ring("topic", "key")
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await bus.close()
    assert bus._task.done()
