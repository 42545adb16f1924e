from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from ohmstead.ocpp.versions import BY_SUBPROTOCOL
from ohmstead.simulator import Fleet, Happening

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def any_csms(csms: type) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """A CSMS for all versions at once: (url, its books by identity)."""
    books: dict[str, Any] = {}
    numbers = itertools.count(1)

    async def talk(socket: ServerConnection) -> None:
        assert socket.request is not None
        name = socket.request.path.strip("/")
        one = books.setdefault(name, csms(BY_SUBPROTOCOL[socket.subprotocol or ""]))
        one.numbers = numbers
        async for text in socket:
            for reply in one.hear(text):
                await socket.send(reply)

    async with serve(talk, "127.0.0.1", 0, subprotocols=list(BY_SUBPROTOCOL)) as server:  # type: ignore[arg-type]
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", books


@pytest.fixture
def csms(bench: Any) -> type:
    return type(bench("1.6").csms)


async def test_a_fleet_of_all_versions(csms: type) -> None:
    lines: list[Happening] = []
    async with any_csms(csms) as (url, books):
        fleet = Fleet(url, 9, speed=None, start=1_764_000_000_000_000, seed=3, watch=lines.append)
        summary = await fleet.run(sessions=12)
    assert sorted(books) == [f"SIM{number:03d}" for number in range(1, 10)]
    assert summary.stations == 9
    assert summary.sessions >= 12
    assert summary.energy_wh > 10_000
    heard = sum(len(one.of(action)) for one in books.values() for action in KEPT)
    assert summary.acknowledged == heard
    assert any("car plugged in" in line.text for line in lines)


KEPT = ("TransactionEvent", "StartTransaction", "MeterValues", "StopTransaction")


async def test_a_fleet_lives_for_a_while(csms: type) -> None:
    async with any_csms(csms) as (url, _):
        passwords = {"CS001": "a", "CS002": "b"}
        fleet = Fleet(url, 2, ("2.1",), identity="CS", password=passwords.get, speed=None, pause_s=300)
        summary = await fleet.run(duration=4 * 3600)
    assert summary.sessions >= 2
    assert all(station.controller.now >= 4 * 3600 for station in fleet.stations)


async def test_the_same_seed_lives_the_same_life(csms: type) -> None:
    async def life() -> list[Any]:
        async with any_csms(csms) as (url, books):
            fleet = Fleet(url, 3, speed=None, start=1_764_000_000_000_000, seed="x", versions=("2.0.1", "2.1"))
            await fleet.run(duration=2 * 3600)
            return [books[name].heard for name in sorted(books)]

    assert await life() == await life()


async def test_a_fleet_is_live_too(csms: type) -> None:
    async with any_csms(csms) as (url, books):
        fleet = Fleet(url, 3, speed=3_000.0, pause_s=60, charge_s=(60, 600), connect_rate=1000)
        summary = await fleet.run(sessions=3)
    assert summary.sessions >= 3
    assert len(books) == 3
