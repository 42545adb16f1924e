"""6. Doors: whatever password or key was used, nobody finds it: not in the database or its WAL, the logs, the API, the
message log or the output of a crash; nor in base64 at any offset, in hex, percent-encoded or with JSON's escapes.

The files that are keys (server.key, admin.key, pki/*.key) are left out: they lie beside the database, for their owner.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
import websockets

from tests.acceptance.serving import SUBPROTOCOLS, Station
from tests.signed import BOOT, signed
from tests.system.killing import free_port

pytestmark = pytest.mark.anyio
KEY_FILES = {"server.key", "admin.key"}
PATIENCE = 30.0


class Box:
    """All secrets that were used."""

    def __init__(self) -> None:
        self.secrets: dict[str, bytes] = {}

    def new(self, name: str) -> str:
        """A password that looks different in every encoding."""
        return self.keep(name, f"{secrets.token_hex(6)}+/&=%ü")

    def keep(self, name: str, secret: str | bytes) -> Any:
        self.secrets[name] = secret if isinstance(secret, bytes) else secret.encode()
        return secret


def spellings(secret: bytes) -> Iterator[bytes]:
    yield secret
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret)
        whole = text[-(-shift * 8 // 6) : (len(secret) + shift) * 8 // 6]
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    try:
        text_ = secret.decode()
    except UnicodeDecodeError:
        return
    for spelled in (quote(text_, safe=""), quote(text_), quote_plus(text_), json.dumps(text_)[1:-1]):
        yield spelled.encode()


def found(box: Box, places: dict[str, bytes]) -> list[str]:
    """Where which secret stands."""
    return [
        f"{name} in {place}: ...{text[max(0, at - 60) : at]!r}"
        for name, secret in box.secrets.items()
        for spelled in set(spellings(secret))
        for place, text in places.items()
        if (at := text.find(spelled)) >= 0
    ]


def test_the_search_finds_what_is_there() -> None:
    box = Box()
    secret = box.new("one").encode()
    for spelled in (
        base64.b64encode(b"CS1:" + secret), base64.urlsafe_b64encode(b"x" + secret + b"yz"), secret.hex().encode(),
        quote(secret).encode(), json.dumps({"a": secret.decode()}).encode(), b"a" + secret,
    ):  # fmt: skip
        assert found(box, {"there": b"..." + spelled + b"..."})
    assert not found(box, {"there": b"nothing" * 100})


class Issued:
    """A certificate from the API, and its key."""

    def __init__(self, made: dict[str, Any]) -> None:
        self.id, self.pem, self.key_pem = made["id"], made["certificate"], made["private_key"]


class Served:
    """`ohmstead serve` as people run it, in a process of its own."""

    def __init__(self, folder: Path, box: Box) -> None:
        self.folder, self.box = folder, box
        self.ports = free_port(), free_port()
        self.key = box.keep("bootstrap key", secrets.token_urlsafe(40))
        self.environment = {
            **os.environ,
            "PYTHONFAULTHANDLER": "1",
            "OHMSTEAD_DATA_DIR": str(folder),
            "OHMSTEAD_API__BIND": f"127.0.0.1:{self.ports[0]}",
            "OHMSTEAD_API__BOOTSTRAP_KEY": self.key,
            "OHMSTEAD_GATEWAY__BIND": f"127.0.0.1:{self.ports[1]}",
            "OHMSTEAD_GATEWAY__TLS_BIND": "",
            "OHMSTEAD_GATEWAY__UNKNOWN_STATIONS": "pending",
            "OHMSTEAD_STATIONS__UNASKED_CALLS": "[]",
        }
        self.log = folder / "serve.log"
        self.pages: dict[str, bytes] = {}
        self.api = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.ports[0]}/api/v1/", headers={"Authorization": f"Bearer {self.key}"},
            timeout=PATIENCE,
        )  # fmt: skip

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ohmstead", "serve", env=self.environment, stdout=log, stderr=log
            )
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    if (await self.api.get("health/ready")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)

    async def post(self, path: str, body: Any, *, status: int | None = None, **headers: str) -> Any:
        answer = await self.api.post(path, json=body, headers=headers)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json()

    async def add(self, identity: str, **fields: Any) -> str:
        password = self.box.new(f"password of {identity}")
        await self.post("stations", {"id": identity, "security_profile": 1, "password": password, **fields})
        return password

    @asynccontextmanager
    async def station(self, identity: str, password: str, version: str = "2.0.1") -> AsyncIterator[Station]:
        basic = base64.b64encode(f"{identity}:{password}".encode()).decode()
        async with websockets.connect(
            f"ws://127.0.0.1:{self.ports[1]}/ocpp/{identity}",
            subprotocols=[websockets.Subprotocol(SUBPROTOCOLS[version])],
            additional_headers={"Authorization": f"Basic {basic}"},
        ) as socket:
            yield Station(socket)

    async def asks(self, station: Station, identity: str, action: str, payload: Any, answer: Any) -> list[Any]:
        """An operator's raw call, and the station's answer to it; the call as it came."""
        body = {"ocpp": {"action": action, "payload": payload}}
        command = await self.post(f"stations/{identity}/commands", body)
        call = await station.next_call()
        assert call[3] == payload or call[2].endswith("-Signed")  # the station gets it as it is
        await station.answer(call, answer)
        async with asyncio.timeout(PATIENCE):
            while (await self.api.get(f"commands/{command['id']}")).json()["state"] in ("queued", "sent"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return call

    async def read_all(self) -> None:
        """All that the API shows."""
        document = (await self.api.get("/openapi.json")).json()
        names = [row["id"] for row in (await self.api.get("stations", params={"limit": 200})).json()["data"]]
        for path, methods in document["paths"].items():
            if "get" not in methods or path.endswith("/events/stream") or "pki" in path:
                continue
            for name in names if "{id}" in path and "/stations/" in path else [""]:
                where = path.replace("{id}", name)
                if "{" in where:
                    continue
                async with self.api.stream("GET", where, params={"limit": 200}) as answer:
                    if "event-stream" not in answer.headers.get("content-type", ""):
                        self.pages[f"GET {where}"] = await answer.aread()

    def places(self) -> dict[str, bytes]:
        """Everything where a secret must not stand."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        kept = {str(path.relative_to(self.folder)): path.read_bytes() for path in files if not _is_key(path)}
        assert any(name.endswith("-wal") and kept[name] for name in kept)
        return kept | self.pages


def _is_key(path: Path) -> bool:
    return path.name in KEY_FILES or path.suffix == ".key"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    one = Served(tmp_path, Box())
    await one.start()
    try:
        yield one
    finally:
        await one.api.aclose()
        if one.process.returncode is None:
            one.process.kill()
            await one.process.wait()


async def operators_use_them(served: Served) -> None:
    """Passwords and keys that come and go over the API, rightly and wrongly."""
    box = served.box
    repeat = {"Idempotency-Key": "made-1"}
    made = await served.post("stations", {"id": "MADE", "security_profile": 1}, **repeat)
    assert await served.post("stations", {"id": "MADE", "security_profile": 1}, **repeat) == made
    box.keep("made password", made["password"])
    await served.post("stations", {"id": "MADE", "password": box.new("password of a double")}, status=409)
    await served.post("stations", {"id": "BAD", "password": box.new("too long") * 9}, status=422)
    await served.post("stations", {"id": "BAD", "passwort": box.new("misspelt")}, status=422)
    await served.api.post("stations", content=f'{{"id": "BAD", "password": "{box.new("broken JSON")}')
    changed = await served.api.patch("stations/MADE", json={"password": box.new("changed password")})
    assert changed.status_code == 200
    key = await served.post("keys", {"name": "k", "scopes": ["stations:read"]}, **{"Idempotency-Key": "key-1"})
    box.keep("API key", key["key"])
    wrong = {"Authorization": f"Bearer {box.new('wrong API key').encode().hex()}"}
    assert (await served.api.get("stations", headers=wrong)).status_code == 401
    await served.api.get("stations", params={"key": box.new("API key in a query")})
    csv = f"id,security_profile,password\nIMP,1,{box.new('imported password')}\n"
    await served.api.post("stations/import", content=csv.encode(), headers={"Content-Type": "text/csv"})


async def stations_use_them(served: Served) -> None:
    """Passwords that stations show, rightly and wrongly, and that calls carry."""
    box = served.box
    for identity, password in (("MADE", box.new("wrong password")), ("NEW", box.new("password of a newcomer"))):
        try:
            async with served.station(identity, password) as station:
                await station.boot()
        except websockets.InvalidStatus:
            assert identity == "MADE"
    query = f"MADE?password={quote(box.new('password in a query'), safe='')}"
    with pytest.raises(websockets.InvalidStatus):
        async with websockets.connect(f"ws://127.0.0.1:{served.ports[1]}/ocpp/{query}"):
            pass
    basic = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    async with served.station("CS2", await served.add("CS2")) as station:
        await station.boot()
        data = [{**basic, "attributeValue": box.new("raw SetVariables")}]
        result = {"setVariableResult": [{**basic, "attributeStatus": "Accepted"}]}
        await served.asks(station, "CS2", "SetVariables", {"setVariableData": data}, result)
        values = [{**basic, "attributeStatus": "Accepted", "attributeValue": box.new("told by GetVariables")}]
        await served.asks(station, "CS2", "GetVariables", {"getVariableData": [basic]}, {"getVariableResult": values})
        typed = {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": box.new("typed set_variables")}
        await served.post("stations/CS2/commands", {"type": "set_variables", "variables": [typed]})
        call = await station.next_call()
        assert call[3]["setVariableData"][0]["attributeValue"] == typed["value"]
        await station.answer(call, result)
        await served.post("stations/CS2/commands", {"type": "get_base_report"})
        call = await station.next_call()
        await station.answer(call, {"status": "Accepted"})
        for seq_no in (1, 0):  # the first one that comes waits for the other
            report = {**basic, "variableAttribute": [{"value": box.new(f"told by NotifyReport {seq_no}")}]}
            notify = {
                "requestId": call[3]["requestId"], "generatedAt": "2025-01-01T00:00:00Z", "seqNo": seq_no,
                "tbc": seq_no == 0, "reportData": [report],
            }  # fmt: skip
            await station.call("NotifyReport", notify)
        profile = {
            "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "ws://x", "messageTimeout": 30,
            "securityProfile": 1, "ocppInterface": "Wired0",
            "apn": {"apn": "a", "apnPassword": box.new("APN")[:20], "apnAuthentication": "AUTO"},
        }  # fmt: skip
        box.keep("APN", profile["apn"]["apnPassword"])  # type: ignore[index]
        slot = {"configurationSlot": 1, "connectionData": profile}
        await served.asks(station, "CS2", "SetNetworkProfile", slot, {"status": "Accepted"})
    async with served.station("CS16", await served.add("CS16"), "1.6") as station:
        await station.boot()
        given = box.new("AuthorizationKey").encode()[:20]
        box.keep("AuthorizationKey", given)
        change = {"key": "AuthorizationKey", "value": given.hex()}
        await served.asks(station, "CS16", "ChangeConfiguration", change, {"status": "Accepted"})
        told = {"key": "AuthorizationKey", "readonly": False, "value": box.new("told by GetConfiguration")}
        await served.asks(station, "CS16", "GetConfiguration", {}, {"configurationKey": [told]})


async def signed_calls_carry_them(served: Served) -> None:
    """A JWS is no secret place."""
    box = served.box
    password = await served.add("SIGNS", certificate_cn="identity", signing="require")
    made = await served.post("stations/SIGNS/certificates", {"generate_key": True}, **{"Idempotency-Key": "cert-1"})
    key = Issued(made)
    box.keep("private key", "".join(key.key_pem.splitlines()[1:-1]))
    basic = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    async with served.station("SIGNS", password) as station:
        await station.call("BootNotification-Signed", signed(key, "BootNotification", BOOT))
        data = {"setVariableData": [{**basic, "attributeValue": box.new("signed SetVariables")}]}
        result = {"setVariableResult": [{**basic, "attributeStatus": "Accepted"}]}
        call = await served.asks(station, "SIGNS", "SetVariables", data, signed(key, "SetVariables", result, 3))
        assert call[2] == "SetVariables-Signed"
        values = [{**basic, "attributeStatus": "Accepted", "attributeValue": box.new("signed GetVariables")}]
        answer = signed(key, "GetVariables", {"getVariableResult": values}, 3)
        await served.asks(station, "SIGNS", "GetVariables", {"getVariableData": [basic]}, answer)
        report = {**basic, "variableAttribute": [{"value": box.new("signed NotifyReport")}]}
        notify = {"requestId": 1, "generatedAt": "2025-01-01T00:00:00Z", "seqNo": 0, "reportData": [report]}
        await station.call("NotifyReport-Signed", signed(key, "NotifyReport", notify))
        report["variableAttribute"] = [{"value": box.new("wrongly signed NotifyReport")}]
        await station.socket.send(json.dumps([2, "x", "Heartbeat-Signed", signed(key, "NotifyReport", notify)]))


async def it_fails_with_them(served: Served) -> None:
    """An error of ours while a password is in hand, then a crash."""
    with sqlite3.connect(served.folder / "ohmstead.db", timeout=PATIENCE) as database:
        database.execute("ALTER TABLE audit RENAME TO audit_gone")
    body = {"id": "FAILS", "security_profile": 1, "password": served.box.new("password of a failure")}
    await served.post("stations", body, status=500)
    served.process.send_signal(signal.SIGABRT)
    await asyncio.wait_for(served.process.wait(), PATIENCE)
    log = served.log.read_text()
    assert "Traceback" in log
    assert "Fatal Python error: Aborted" in log


async def test_no_secret_is_left(served: Served) -> None:
    await operators_use_them(served)
    await stations_use_them(served)
    await signed_calls_carry_them(served)
    await asyncio.sleep(0.6)  # the message log is written by and by
    await served.read_all()
    assert len(served.pages) > 20
    await it_fails_with_them(served)
    left = found(served.box, served.places())
    assert left == [], "\n".join(left)
