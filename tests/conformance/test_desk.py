"""The CSMS's side: it lets one station in, answers all it says, and judges it."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from ohmstead.conformance import desk as desk_module
from ohmstead.conformance.case import Broken
from ohmstead.conformance.desk import Desk, hall
from ohmstead.ocpp import schemas
from ohmstead.ocpp.versions import V16, V201, Version

pytestmark = pytest.mark.anyio
TIME = "2025-11-24T16:00:00Z"
SAID = [
    (V201, "BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}),
    (V201, "Heartbeat", {}),
    (V201, "Authorize", {"idToken": {"idToken": "T", "type": "ISO14443"}}),
    (V201, "DataTransfer", {"vendorId": "x"}),
    (V201, "SignCertificate", {"csr": "x"}),
    (V201, "StatusNotification", {"timestamp": TIME, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}),
    (V16, "BootNotification", {"chargePointModel": "M", "chargePointVendor": "V"}),
    (V16, "Authorize", {"idTag": "T"}),
    (V16, "StartTransaction", {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": TIME}),
    (V16, "StopTransaction", {"transactionId": 1, "meterStop": 0, "timestamp": TIME}),
]


@pytest.fixture(autouse=True)
def no_boot_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "BOOTS_WITHIN", 0.05)


@pytest.mark.parametrize(("version", "action", "payload"), SAID)
async def test_all_that_a_station_says_is_answered(version: Version, action: str, payload: object) -> None:
    async with hall("127.0.0.1", 0, version) as place:
        desk = Desk(place, version, 5)
        url = f"ws://127.0.0.1:{place.port}/ocpp/CS%201"
        async with connect(url, subprotocols=[version.subprotocol]) as station:  # type: ignore[list-item]
            await station.send(json.dumps([2, "1", action, payload]))
            await desk.meet()
            assert await desk.hears_of(action, since=0) == payload
            kind, message_id, answer = json.loads(await station.recv())
            assert (kind, message_id) == (3, "1")
            assert schemas.problems(version, action, "response", answer) == []
            await desk.close()


async def test_another_station_is_not_let_in() -> None:
    async with hall("127.0.0.1", 0, V201, "CS1") as place:
        async with connect(f"ws://127.0.0.1:{place.port}/CS2", subprotocols=["ocpp2.0.1"]) as station:  # type: ignore[list-item]
            with pytest.raises(ConnectionClosed, match="CS2 is not CS1"):
                await asyncio.wait_for(station.recv(), 5)
        with pytest.raises(TimeoutError):
            await Desk(place, V201, 0.1).meet()


async def test_what_does_not_come() -> None:
    async with (
        hall("127.0.0.1", 0, V201) as place,
        connect(f"ws://127.0.0.1:{place.port}/CS1", subprotocols=["ocpp2.0.1"]) as station,  # type: ignore[list-item]
    ):
        desk = Desk(place, V201, 5)
        await desk.meet()
        desk.patience = 0.3
        with pytest.raises(Broken, match=r"Heartbeat did not come within 0\.3 s"):
            await desk.hears_of("Heartbeat")
        with pytest.raises(Broken, match="did not come back"):
            await desk.comes_again()
        desk.patience = 5
        await station.send(json.dumps([2, "1", "StatusNotification", {}]))
        with pytest.raises(Broken, match="the request StatusNotification breaks the schema"):
            await desk.hears_of("StatusNotification")
