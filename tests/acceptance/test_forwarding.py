"""A station served here and told to a second CSMS: one of the package `ocpp`, that nobody here wrote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint as Point16
from ocpp.v16 import call as ask16
from ocpp.v16 import call_result as say16
from ocpp.v201 import ChargePoint as Point201
from ocpp.v201 import call as ask201
from ocpp.v201 import call_result as say201
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from ohmstead.settings import Forwarding
from tests.acceptance.serving import at, event, serving

pytestmark = pytest.mark.anyio
ALLOWED = {"forwarding": Forwarding(allow_private=("127.0.0.1",))}
NOW = "2025-03-01T10:00:00Z"


class Landlord:
    """The second CSMS: what it was told, by whom, and the stations that are connected."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.points: list[Any] = []
        self.logins: list[str | None] = []
        self.paths: list[str] = []

    def told(self, action: str) -> list[dict[str, Any]]:
        return [payload for one, payload in self.said if one == action]

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[str]:
        subprotocols = [websockets.Subprotocol(name) for name in ("ocpp1.6", "ocpp2.0.1")]
        async with websockets.serve(self._serve, "127.0.0.1", port, subprotocols=subprotocols) as server:
            yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/theirs"

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.paths.append(socket.request.path)
        self.logins.append(socket.request.headers.get("Authorization"))
        kind = _Theirs16 if socket.subprotocol == "ocpp1.6" else _Theirs201
        point = kind(self, "theirs", socket)
        self.points.append(point)
        with suppress(ConnectionClosed):
            await point.start()


class _Theirs16(Point16):
    def __init__(self, landlord: Landlord, id: str, socket: Any) -> None:
        super().__init__(id, socket)
        self.landlord = landlord

    @on("BootNotification")
    def booted(self, **said: Any) -> Any:
        self.landlord.said.append(("BootNotification", said))
        return say16.BootNotification(current_time=NOW, interval=300, status="Accepted")

    @on("StatusNotification")
    def status(self, **said: Any) -> Any:
        self.landlord.said.append(("StatusNotification", said))
        return say16.StatusNotification()

    @on("StartTransaction")
    def started(self, **said: Any) -> Any:
        self.landlord.said.append(("StartTransaction", said))
        return say16.StartTransaction(transaction_id=777, id_tag_info={"status": "Invalid"})

    @on("MeterValues")
    def metered(self, **said: Any) -> Any:
        self.landlord.said.append(("MeterValues", said))
        return say16.MeterValues()

    @on("StopTransaction")
    def stopped(self, **said: Any) -> Any:
        self.landlord.said.append(("StopTransaction", said))
        return say16.StopTransaction()


class _Theirs201(Point201):
    def __init__(self, landlord: Landlord, id: str, socket: Any) -> None:
        super().__init__(id, socket)
        self.landlord = landlord

    @on("BootNotification")
    def booted(self, **said: Any) -> Any:
        self.landlord.said.append(("BootNotification", said))
        return say201.BootNotification(current_time=NOW, interval=300, status="Accepted")

    @on("TransactionEvent")
    def event(self, **said: Any) -> Any:
        self.landlord.said.append(("TransactionEvent", said))
        return say201.TransactionEvent()

    @on("StatusNotification")
    def status(self, **said: Any) -> Any:
        self.landlord.said.append(("StatusNotification", said))
        return say201.StatusNotification()


async def test_a_1_6_session_is_told_with_the_second_ones_own_transaction_id(tmp_path: Path) -> None:
    theirs = Landlord()
    async with theirs.listening() as url, serving(tmp_path, more=ALLOWED) as csms:
        await csms.add_station()
        await csms.add_token("GOOD")
        made = await csms.post("forwardings", {
            "name": "landlord", "url": url, "station_ids": ["CS1"], "identity": "THEIR-7", "password": "their secret",
            "commands": ["RemoteStopTransaction", "GetConfiguration"], "leave_out": ["Authorize"],
        })  # fmt: skip
        assert "password" not in made
        assert made["has_password"]

        async def link() -> Any:
            return (await csms.get(f"forwardings/{made['id']}/stations"))["data"]

        async with csms.station("CS1", "1.6") as station:
            await csms.until(link, lambda rows: [one["state"] for one in rows] == ["connected"])
            await station.call("Authorize", {"idTag": "GOOD"})
            start = {"connectorId": 1, "idTag": "GOOD", "meterStart": 5, "timestamp": at(0)}
            ours = (await station.call("StartTransaction", start))["transactionId"]
            assert ours != 777  # the answer is ours alone, whatever the other one thinks of the token
            value = [{"timestamp": at(60), "sampledValue": [{"value": "17"}]}]
            await station.call("MeterValues", {"connectorId": 1, "transactionId": ours, "meterValue": value})

            # it may stop the transaction, by its own number
            await csms.until(lambda: asyncio.sleep(0), lambda _: theirs.told("MeterValues"))
            asked = asyncio.create_task(theirs.points[-1].call(ask16.RemoteStopTransaction(transaction_id=777)))
            call = await station.next_call()
            assert call[2:] == ["RemoteStopTransaction", {"transactionId": ours}]
            await station.answer(call, {"status": "Accepted"})
            assert (await asked).status == "Accepted"
            # and nothing that it is not allowed to
            assert await theirs.points[-1].call(ask16.Reset(type="Hard")) is None
            stop = {"transactionId": ours, "meterStop": 42, "timestamp": at(90), "idTag": "GOOD"}
            await station.call("StopTransaction", stop)
            await csms.until(lambda: asyncio.sleep(0), lambda _: theirs.told("StopTransaction"))
        told = theirs.told("MeterValues") + theirs.told("StopTransaction")
        assert [one["transaction_id"] for one in told] == [777, 777]
        assert theirs.told("BootNotification")[0]["charge_point_vendor"] == "V"
        assert theirs.paths == ["/theirs/THEIR-7"]
        assert theirs.logins == ["Basic VEhFSVItNzp0aGVpciBzZWNyZXQ="]
        audit = await csms.all("audit", action="command.create")
        assert [one["actor"] for one in audit] == [f"forwarding:{made['id']}"]
        rows = await csms.until(link, lambda rows: rows[0]["asked"])
        assert (rows[0]["asked"], rows[0]["refused"], rows[0]["dropped"]) == (1, 1, 0)


async def test_the_second_one_may_be_dead_slow_and_come_back(tmp_path: Path) -> None:
    async with serving(tmp_path, more=ALLOWED) as csms:
        async with Landlord().listening() as url:
            port = int(url.split(":")[2].split("/")[0])
        await csms.add_station()
        await csms.add_token("GOOD")
        made = await csms.post("forwardings", {"name": "landlord", "url": url})

        async def link() -> Any:
            return (await csms.get(f"forwardings/{made['id']}/stations"))["data"]

        async with csms.station() as station:
            await csms.until(link, lambda rows: rows and rows[0]["reason"])
            await station.call("TransactionEvent", event("Started", 0, token="GOOD", evse=1, wh=0))
            assert (await csms.transaction())["state"] == "active"
            theirs = Landlord()
            async with theirs.listening(port):
                await csms.until(lambda: asyncio.sleep(0), lambda _: theirs.told("TransactionEvent"))
                assert theirs.told("TransactionEvent")[0]["transaction_info"]["transaction_id"] == "tx-1"
                # read-only: what it asks for does not reach the station
                assert await theirs.points[-1].call(ask201.ClearCache()) is None
                await station.call("Heartbeat", {})
                assert station.asked.empty()


async def test_who_is_told_what_is_the_operators_choice(tmp_path: Path) -> None:
    """No private address that is not allowed, and no command that hands over the station."""
    async with serving(tmp_path) as csms:
        await csms.add_station()
        new = {"name": "x", "url": "ws://127.0.0.1:9/ocpp"}
        refused = await csms.api.post("forwardings", json={**new, "commands": ["SetNetworkProfile"]})
        assert refused.status_code == 422
        made = await csms.post("forwardings", new)
        async with csms.station():

            async def link() -> Any:
                return (await csms.get(f"forwardings/{made['id']}/stations"))["data"]

            rows = await csms.until(link, lambda rows: rows and rows[0]["reason"])
            assert "no public address; the setting forwarding.allow_private allows it" in rows[0]["reason"]
