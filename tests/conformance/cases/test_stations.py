"""Cases for stations: our simulated ones pass, and one that answers nonsense, or does nothing, does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ohmstead.conformance import Case, chosen, run_station
from ohmstead.conformance.desk import Desk, hall
from ohmstead.conformance.verdicts import Result
from ohmstead.ocpp.versions import VERSIONS, Version
from ohmstead.simulator import Fleet
from tests.conformance.serving import named

pytestmark = pytest.mark.anyio
SLOW = {"OHM_S_G02", "TC_B_01_CS", "TC_B_20_CS", "TC_001_CS", "TC_014_CS"}
"""The station reboots, which takes it seconds: one version will do."""
CASES = [(one, version) for version in VERSIONS for one in chosen(version, of="station")]
PASSING = [pair for pair in CASES if pair[0].id not in SLOW or pair[1] is pair[0].versions[-1]]
Spoil = Callable[[list[Any]], list[Any] | None]


@asynccontextmanager
async def station(port: int, version: Version) -> AsyncIterator[None]:
    """A simulated station, two hundred times as fast as a real one."""
    fleet = Fleet(
        url=f"ws://127.0.0.1:{port}/ocpp", n=1, versions=(version.name,), names=["CS1"], speed=200.0, pause_s=1e9
    )
    fleet.stations[0].controller.life.downtime_s = 0.3
    running = asyncio.create_task(fleet.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def spoilt(port: int, version: Version, spoil: Spoil) -> AsyncIterator[int]:
    """A door through which a station's words come spoilt."""

    async def handle(socket: ServerConnection) -> None:
        async with connect(f"ws://127.0.0.1:{port}/ocpp/CS1", subprotocols=[version.subprotocol]) as csms:  # type: ignore[list-item]

            async def up() -> None:
                async for text in socket:
                    if (frame := spoil(json.loads(text))) is not None:
                        await csms.send(json.dumps(frame))
                await csms.close()

            async def down() -> None:
                async for text in csms:
                    await socket.send(text)
                await socket.close()

            with suppress(ConnectionClosed):
                await asyncio.gather(up(), down())

    async with serve(handle, "127.0.0.1", 0, subprotocols=[version.subprotocol]) as server:  # type: ignore[list-item]
        yield server.sockets[0].getsockname()[1]


async def play(one: Case, version: Version, spoil: Spoil | None, patience: float) -> Result:
    async with hall("127.0.0.1", 0, version, "CS1") as place:
        desk = Desk(place, version, patience)
        async with spoilt(place.port, version, spoil or (lambda frame: frame)) as port, station(port, version):
            report = await run_station(desk, [one])
            await desk.close()
    return report.cases[0]


@pytest.mark.parametrize(("one", "version"), PASSING, ids=named)
async def test_a_simulated_station_passes(one: Case, version: Version) -> None:
    found = await play(one, version, None, 10)
    assert found.verdict == "pass", found.reason


def nonsense(frame: list[Any]) -> list[Any]:
    """Whatever it answers, it answers something else."""
    return [3, frame[1], {"status": "Perhaps"}] if frame[0] in (3, 4) else frame


def idle(frame: list[Any]) -> list[Any] | None:
    """It answers as it should, and does nothing of it."""
    return None if frame[0] == 2 and frame[2] != "BootNotification" else frame


IDLE = {"TC_B_01_CS", "TC_001_CS", "OHM_S_G02", "TC_B_13_CS", "TC_F_20_CS", "TC_F_23_CS", "TC_G_03_CS"}


@pytest.mark.parametrize(("one", "version"), {one.id: (one, v) for one, v in CASES}.values(), ids=named)
async def test_a_mutant_is_caught(one: Case, version: Version) -> None:
    spoil = idle if one.id in IDLE else nonsense
    assert (await play(one, version, spoil, 1.5 if one.id in IDLE else 10)).verdict == "fail"
