"""The doorbell between processes: LISTEN and NOTIFY, also after the way was cut."""

from __future__ import annotations

import asyncio
import json

import asyncpg
import pytest

from ohmstead.bus import postgres
from ohmstead.bus.postgres import MOST_BYTES, PostgresBus, portions
from tests.bus.contract import Contract, Ear

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
async def connect(postgres_url, monkeypatch, until):
    """Makes buses that listen already."""
    monkeypatch.setattr(postgres, "RECONNECT_AFTER", 0.01)
    monkeypatch.setattr(postgres, "TOGETHER", 0.001)
    made = []

    async def make(url):
        bus = PostgresBus(url)
        await bus.start()
        made.append(bus)
        await until(lambda: bus._connection is not None)
        return bus

    yield make
    for bus in made:
        await bus.close()


@pytest.fixture
def direct(postgres_url):
    return postgres_url


class TestContract(Contract):
    pass


async def test_a_silent_connection_is_asked(connect, postgres_url, until, monkeypatch):
    bus = await connect(postgres_url)
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
