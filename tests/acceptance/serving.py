"""A whole Ohmstead on loopback, and stations that nobody here wrote: raw frames over the `websockets` library.

Nothing of our simulator, codec or domain is used to speak to it, and what it made of what was said is read over HTTP.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import websockets
from websockets.asyncio.client import ClientConnection

from ohmstead.app import Server
from ohmstead.settings import Api, Gateway, Settings
from ohmstead.settings import Stations as StationSettings
from tests.playbook import UNNUMBERED
from tests.template import migrated_sqlite

KEY = "k" * 40
PASSWORD = "secret-password-1"
SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}
PATIENCE = 10.0
"""Seconds in which anything must have happened; a test that waits so long fails."""


_tenants = itertools.count(1)


class Refused(Exception):
    """The CSMS answered with a CALLERROR."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code


class Station:
    """The other end of a socket: it says what it is told to say, and keeps what it is told."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._ids = itertools.count(1)
        self.asked: asyncio.Queue[list[Any]] = asyncio.Queue()
        """Calls of the CSMS, in their order."""

    async def call(self, action: str, payload: Any, message_id: str | None = None) -> Any:
        """Make a call; the payload of its CALLRESULT. Raises Refused."""
        answer = json.loads(await self.raw(json.dumps([2, message_id or str(next(self._ids)), action, payload])))
        if answer[0] == 4:
            raise Refused(answer[2], answer[3])
        return answer[2]

    async def raw(self, frame: str) -> str:
        """Send a CALL as it stands; the frame that answers it."""
        return await self.raw_as(frame, json.loads(frame)[1])

    async def raw_as(self, frame: str, message_id: str) -> str:
        """Send text that may be no JSON; the frame that answers the message of this id."""
        await self.socket.send(frame)
        while True:
            text = str(await asyncio.wait_for(self.socket.recv(), PATIENCE))
            answer = json.loads(text)
            if answer[0] == 2:
                await self.asked.put(answer)
            elif answer[1] == message_id:
                return text

    async def next_call(self) -> list[Any]:
        """The next CALL of the CSMS."""
        while self.asked.empty():
            message = json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE))
            if message[0] == 2:
                await self.asked.put(message)
        return self.asked.get_nowait()

    async def answer(self, call: list[Any], payload: Any) -> None:
        await self.socket.send(json.dumps([3, call[1], payload]))

    async def boot(self) -> Any:
        """BootNotification in the words of the socket's version."""
        if self.socket.subprotocol == "ocpp1.6":
            return await self.call("BootNotification", {"chargePointModel": "M", "chargePointVendor": "V"})
        told = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
        return await self.call("BootNotification", told)


class Csms:
    """A running server and a client of its API."""

    def __init__(self, server: Server, api: httpx.AsyncClient, tenant: str = "") -> None:
        self.server, self.api, self._tenant = server, api, tenant

    @property
    def url(self) -> str:
        """Where stations connect, without their identity."""
        return f"ws://127.0.0.1:{self.server.gateway_port}/ocpp{self._tenant}"

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[Csms]:
        """The same server as a new tenant sees it: there is nothing yet."""
        name = f"tenant-{next(_tenants)}"
        bearer = {"Authorization": f"Bearer {(await self.post('tenants', {'name': name}))['key']}"}
        async with httpx.AsyncClient(base_url=self.api.base_url, headers=bearer, timeout=30) as api:
            yield Csms(self.server, api, f"/{name}")

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, **query: Any) -> Any:
        answer = await self.api.post(path, json=body, params=query)
        assert answer.status_code in (200, 201, 202), answer.text
        return answer.json()

    async def patch(self, path: str, body: Any) -> Any:
        answer = await self.api.patch(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def add_station(self, identity: str = "CS1", **fields: Any) -> None:
        await self.post("stations", {"id": identity, "security_profile": 1, "password": PASSWORD, **fields})

    async def add_token(self, token: str, status: str = "accepted", **fields: Any) -> None:
        await self.post("tokens", {"token": token, "type": "ISO14443", "status": status, **fields})

    async def transactions(self, **query: Any) -> list[dict[str, Any]]:
        """Newest first."""
        found: list[dict[str, Any]] = (await self.get("transactions", **query))["data"]
        return found

    async def transaction(self, **query: Any) -> dict[str, Any]:
        """The only one there is."""
        found = await self.transactions(**query)
        assert len(found) == 1, found
        return found[0]

    async def events_of(self, transaction: dict[str, Any]) -> list[dict[str, Any]]:
        """The messages that a transaction is made of."""
        return await self.all(f"transactions/{transaction['id']}/events")

    async def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        found: list[dict[str, Any]] = []
        query["limit"] = 1000
        while True:
            page = await self.get(path, **query)
            found += page["data"]
            if page.get("next_cursor") is None:
                return found
            query["cursor"] = page["next_cursor"]

    async def feed(self, kind: str = "") -> list[dict[str, Any]]:
        """The events whose type is `kind` or begins with it. PostgreSQL's clerk numbers them soon after their commit;
        that is waited for."""
        await self.until(lambda: self.server.db.fetch(UNNUMBERED), lambda rows: rows[0][0] == 0)
        found: list[dict[str, Any]] = []
        while page := (await self.get("events", after=found[-1]["sequence"] if found else 0, limit=1000))["data"]:
            found += page
        return [event for event in found if event["type"].startswith(f"ohmstead.{kind}")]

    async def until(self, look: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
        """Look again and again until what is seen is wanted."""
        async with asyncio.timeout(PATIENCE):
            while not wanted(seen := await look()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return seen

    async def command(self, station: str, body: Any) -> dict[str, Any]:
        """Ask; the answer is the command as it stands at once."""
        asked: dict[str, Any] = await self.post(f"stations/{station}/commands", body)
        return asked

    async def command_in(self, id: str, *states: str) -> dict[str, Any]:
        """The command, once it is in one of `states`."""
        seen: dict[str, Any] = await self.until(lambda: self.get(f"commands/{id}"), lambda one: one["state"] in states)
        return seen

    @asynccontextmanager
    async def station(
        self, identity: str = "CS1", *versions: str, boot: bool = True, password: str = PASSWORD
    ) -> AsyncIterator[Station]:
        """A connected station that offers these versions (2.0.1 unless said), booted unless told otherwise."""
        headers = {"Authorization": "Basic " + base64.b64encode(f"{identity}:{password}".encode()).decode()}
        async with websockets.connect(
            f"{self.url}/{identity}",
            subprotocols=[websockets.Subprotocol(SUBPROTOCOLS[one]) for one in versions or ("2.0.1",)],
            additional_headers=headers,
            max_size=None,
        ) as socket:
            station = Station(socket)
            if boot:
                await station.boot()
            yield station


@cache
def _empty_database() -> bytes:
    return migrated_sqlite().read_bytes()


@asynccontextmanager
async def serving(
    data_dir: Path,
    gateway: dict[str, Any] | None = None,
    database_url: str | None = None,
    more: dict[str, Any] | None = None,
    **stations: Any,
) -> AsyncIterator[Csms]:
    """A server on free ports whose data lies in `data_dir`, again where it did before, or in the database of
    `database_url`; `gateway` and `stations` are settings, `more` holds other sections of them. It makes no calls on its
    own, unless it is told to."""
    database = data_dir / "ohmstead.db"
    if not database.exists():
        database.write_bytes(await asyncio.to_thread(_empty_database))
    settings = Settings(
        data_dir=str(data_dir),
        database_url=database_url or f"sqlite:///{database}",
        api=Api(bind="127.0.0.1:0", bootstrap_key=KEY),
        gateway=Gateway(**{"bind": "127.0.0.1:0", "tls_bind": "", **(gateway or {})}),
        stations=StationSettings(**({"unasked_calls": ()} | stations)),
        **(more or {}),
    )
    server = Server(settings)
    await server.start()
    assert server.httpd is not None
    base = f"http://127.0.0.1:{server.httpd.port}/api/v1/"
    try:
        bearer = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(
            base_url=base, headers=bearer, timeout=30, verify=False
        ) as api:  # it is plain HTTP
            csms = Csms(server, api)
            await csms.until(lambda: api.get("health/ready"), lambda answer: answer.status_code == 200)
            yield csms
    finally:
        await server.stop()


def at(seconds: float = 0) -> str:
    """A moment of the day on which all of this happens, as RFC 3339."""
    moment = datetime(2025, 3, 1, 10, tzinfo=UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(kind: str, seq_no: int, seconds: float = 0, transaction: str = "tx-1", **more: Any) -> dict[str, Any]:
    """A TransactionEvent of 2.x; `token`, `evse` and `wh` in short, anything else as the schema names it."""
    info = {"transactionId": transaction, **more.pop("info", {})}
    made: dict[str, Any] = {
        "eventType": kind,
        "timestamp": at(seconds),
        "triggerReason": more.pop("trigger", "MeterValuePeriodic" if kind == "Updated" else "Authorized"),
        "seqNo": seq_no,
        "transactionInfo": info,
    }
    if (token := more.pop("token", None)) is not None:
        made["idToken"] = token if isinstance(token, dict) else {"idToken": token, "type": "ISO14443"}
    if (evse := more.pop("evse", None)) is not None:
        made["evse"] = {"id": evse, "connectorId": 1}
    if (wh := more.pop("wh", None)) is not None:
        made["meterValue"] = [{"timestamp": at(seconds), "sampledValue": [{"value": wh}]}]
    return made | more
