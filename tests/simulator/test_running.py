"""Live and stepping time, and a line that cannot be had."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator import CannotConnect, Ev, Station
from ohmstead.simulator.connection import Endpoint, Line

pytestmark = pytest.mark.anyio


async def no_line(endpoint: Endpoint) -> Line:
    raise CannotConnect("no road")


async def test_live_time_is_compressed(served: Any) -> None:
    async with served("2.0.1") as csms, Station("CS001", url=csms.url, speed=6000.0) as station:
        assert await station.boot() == "Accepted"
        await station.plug(1, Ev())
        assert await station.swipe("TAG") == "Accepted"
        energy = await station.charge(1, minutes=10)
        assert energy > 1500
        await station.unplug(1)
        await station.drained()
        assert csms.csms.of("TransactionEvent")[-1]["eventType"] == "Ended"
        assert not csms.csms.of("Heartbeat")


async def test_without_a_csms_a_script_fails_at_once() -> None:
    station = Station("CS001", url="ws://nowhere", speed=None, dial=no_line)
    with pytest.raises(CannotConnect, match="no road"):
        await station.connect()


async def test_without_a_csms_a_patient_one_goes_on() -> None:
    tries: list[str] = []

    async def counted(endpoint: Endpoint) -> Line:
        tries.append(endpoint.identity)
        raise CannotConnect("no road")

    station = Station("CS001", url="ws://nowhere", speed=None, dial=counted)
    await station.connect(retry=True)
    await station.wait(60)
    assert 3 <= len(tries) <= 10
    await station.close()


async def test_a_new_password_holds_from_the_next_connection(served: Any) -> None:
    async with served("2.0.1") as csms:
        async with Station("CS001", url=csms.url, speed=None, password="old") as station:
            await station.boot()
            item = {"name": "SecurityCtrlr"}, {"name": "BasicAuthPassword"}
            write = {"component": item[0], "variable": item[1], "attributeValue": "new-password-0123"}
            await csms.ask("SetVariables", {"setVariableData": [write]})
            await station.expect("SetVariables")
            await station.go_offline()
            await station.go_online()
        assert csms.headers[0]["authorization"] != csms.headers[1]["authorization"]
