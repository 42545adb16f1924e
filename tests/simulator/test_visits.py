from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator import Ev, Station
from ohmstead.simulator.visits import Visit, visit

START = 1_764_000_000_000_000
pytestmark = pytest.mark.anyio


def make(csms: Any, **more: Any) -> Station:
    return Station("CS001", url=csms.url, speed=None, start=START, **more)


async def test_a_visit_and_its_energy(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms) as station:
        await station.boot()
        energy = await visit(station, Visit(ev=Ev(soc=20), minutes=10))
        assert energy == pytest.approx(11_000 / 6, rel=0.03)
        assert station.controller.books[0].energy_wh == energy
        assert [event["eventType"] for event in csms.csms.of("TransactionEvent")][-1] == "Ended"
        assert station.evse(1).ev is None


async def test_a_token_that_is_refused(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms) as station:
        csms.csms.tokens["BAD"] = "Blocked"
        await station.boot()
        assert await visit(station, Visit(token="BAD", minutes=10)) is None
        assert station.evse(1).ev is None
        assert csms.csms.of("TransactionEvent") == []


async def test_who_pulls_the_cable(served: Any) -> None:
    async with served("1.6") as csms, make(csms, version="1.6") as station:
        await station.boot()
        await visit(station, Visit(minutes=2, stop=False))
        assert csms.csms.of("StopTransaction")[0]["reason"] == "EVDisconnected"


async def test_a_visit_after_one_that_went_wrong(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms) as station:
        await station.boot()
        await station.plug(1)
        assert await visit(station, Visit(minutes=2)) is not None


async def test_the_personas_habits(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms, persona="authorized-without-evse") as station:
        await station.boot()
        await visit(station, Visit(minutes=2))
        first, second = csms.csms.of("TransactionEvent")[:2]
        assert first["triggerReason"] == "Authorized"
        assert "evse" not in first
        assert second["evse"] == {"id": 1, "connectorId": 1}
    async with served("1.6") as csms, make(csms, persona="token-with-serial") as station:
        await station.boot()
        await visit(station, Visit(minutes=2, token="TAG"))
        assert csms.csms.of("Authorize") == [{"idTag": "TAG_1847"}]


async def test_a_line_that_breaks_in_the_visit(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms, persona="no-boot-after-reconnect") as station:
        await station.boot()
        await visit(station, Visit(minutes=10))
        assert len(csms.sockets) == 2
        assert len(csms.csms.of("BootNotification")) == 1
        assert any(event.get("offline") for event in csms.csms.of("TransactionEvent"))
