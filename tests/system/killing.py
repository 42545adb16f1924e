"""Killing a server while a fleet talks to it, and counting afterwards.

Stations send events one after the other, without a pause to speak of, and note what was *acknowledged*. Whatever was
not, they say again with the same content and another message id, until it is. Meanwhile an operator gives commands. In
the end every event must be in the books exactly once, the feed must be whole, and no command may have been sent twice.

`python killing.py` is the nursery: a process in which everything is imported already and that forks a server for each
line on its standard input, because a Python that starts anew takes longer than it is to live here.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import mmap
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import websockets
from websockets.asyncio.client import ClientConnection

from ohmstead import runtime

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the nursery is a program
from tests.natsd import published

KEY = "k" * 40
PASSWORD = "secret-password-1"
SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}
PATIENCE = 60.0
"""Seconds in which a server must have come up, or the last event must have got through."""
NOON = 1_740_830_400


# ---------------------------------------------------------------------- the server


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Victim:
    """Servers in processes of their own, on the same ports and data each time they start: one for all, or one for each
    of `roles`."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        roles: tuple[str, ...] = ("all",),
        bus_url: str = "",
        events_nats: str = "",
    ) -> None:
        self.folder, self.database_url, self.roles = folder, database_url, roles
        self.alive: dict[int, str] = {}
        """Process id -> its role."""
        self.api_port, self.gateway_port = free_port(), free_port()
        self.environment = {
            **os.environ,
            "OHMSTEAD_DATA_DIR": str(folder),
            "OHMSTEAD_DATABASE_URL": database_url,
            "OHMSTEAD_BUS_URL": bus_url,
            "OHMSTEAD_EVENTS__NATS": events_nats,
            "OHMSTEAD_API__BIND": f"127.0.0.1:{self.api_port}",
            "OHMSTEAD_API__BOOTSTRAP_KEY": KEY,
            "OHMSTEAD_GATEWAY__BIND": f"127.0.0.1:{self.gateway_port}",
            "OHMSTEAD_GATEWAY__TLS_BIND": "",
            "OHMSTEAD_STATIONS__UNASKED_CALLS": "[]",
        }
        self.log = (folder / "serve.log").open("ab")
        self._nursery: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        for role in self.roles:
            await self.fork(role)

    async def fork(self, role: str, **more: str) -> int:
        """A server out of the nursery, with `more` in its environment; its process id."""
        if self._nursery is None:
            self._nursery = self._open_nursery()
        pid = int(await self._ask(json.dumps(more | {"OHMSTEAD_ROLE": role})))
        self.alive[pid] = role
        return pid

    def _open_nursery(self) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return subprocess.Popen([sys.executable, __file__], env=self.environment, stderr=self.log, **pipes)

    async def _ask(self, word: str) -> bytes:
        """Say a word to the nursery; its answer."""
        assert self._nursery is not None
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(f"{word}\n".encode())
        self._nursery.stdin.flush()
        return await asyncio.to_thread(self._nursery.stdout.readline)

    async def kill(self, pid: int) -> str:
        """SIGKILL, and wait until it is gone; its role."""
        os.kill(pid, signal.SIGKILL)
        return await self.gone(pid)

    async def gone(self, pid: int) -> str:
        """Wait until a process that was told to end has; its role."""
        assert await self._ask(str(pid)) == b"gone\n"
        return self.alive.pop(pid)

    async def close(self) -> None:
        for pid in list(self.alive):
            await self.kill(pid)
        if self._nursery is not None:
            self._nursery.communicate()
        self.log.close()


class JumpingClock(runtime.Clock):
    """A clock that is off by as many microseconds as a file says, whenever that changes."""

    def __init__(self, file: Path) -> None:
        with file.open("r+b") as opened:
            self._off = memoryview(mmap.mmap(opened.fileno(), 8)).cast("q")

    def now(self) -> int:
        return super().now() + self._off[0]


def nursery() -> None:
    """Fork a server with the environment that a line is (a JSON object), and say its process id; for a line with one,
    wait until that process is gone, and say `gone`."""
    from ohmstead import supervisor
    from ohmstead.settings_reading import load

    says = os.dup(1)
    os.dup2(2, 1)  # the servers' logs are not for the one who counts the dead
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_rehearse(folder))
    alive: set[int] = set()
    for line in sys.stdin:
        word = line.strip()
        if word.isdecimal():
            os.waitpid(int(word), 0)
            alive.discard(int(word))
            os.write(says, b"gone\n")
        elif (pid := os.fork()) == 0:
            try:
                environment = os.environ | json.loads(word)
                if (file := environment.get("KILLING_CLOCK")) is not None:
                    runtime.clock = JumpingClock(Path(file))
                supervisor.serve(load(None, environment))
            finally:
                os._exit(0)
        else:
            alive.add(pid)
            os.write(says, f"{pid}\n".encode())
    for pid in alive:  # who counts the dead is dead
        os.kill(pid, signal.SIGKILL)


async def _rehearse(folder: str) -> None:
    """Serve for a moment, somewhere else, so that all is imported that a start imports."""
    from ohmstead.app import Server
    from ohmstead.settings import Api, Gateway, Settings

    any_port = "127.0.0.1:0"
    server = Server(
        Settings(
            data_dir=folder,
            database_url=f"sqlite:///{folder}/ohmstead.db",
            api=Api(bind=any_port),
            gateway=Gateway(bind=any_port, tls_bind=""),
        )
    )
    await server.start()
    await server.stop()


# ---------------------------------------------------------------------- the fleet


@dataclass(frozen=True)
class Said:
    """An event as the ledger must know it."""

    kind: str
    seq_no: int | None
    at: int
    """Seconds."""


@dataclass
class Session:
    """A transaction as its station knows it."""

    said: list[Said] = field(default_factory=list)
    transaction_id: str = ""
    wh: int = 0


class Client:
    """A station: one event after the other, each until it is acknowledged."""

    def __init__(self, url: str, identity: str, version: str, dice: random.Random) -> None:
        self.url, self.identity, self.version, self.dice = url, identity, version, dice
        self.pause, self.patience = 0.05, PATIENCE
        """Seconds: at most between two events; for an answer, before it comes again."""
        self.sessions: list[Session] = []
        self.commands: list[str] = []
        """What the operator's commands said, in the order they came."""
        self.acknowledged = 0
        self.again = 0
        """How often an event was said again because its answer did not come."""
        self.errors: list[Any] = []
        self.progress = asyncio.Event()
        self._resting: asyncio.Timeout | None = None
        self._ids = itertools.count(1)
        self._socket: ClientConnection | None = None
        self._clock = NOON

    async def run(self, over: asyncio.Event) -> None:
        await asyncio.sleep(self.dice.random() * (self.pause - 0.05))
        await self.tell(*self._boot())
        while not over.is_set():
            await (self._session_16() if self.version == "1.6" else self._session())

    def _boot(self) -> tuple[str, Any]:
        if self.version == "1.6":
            return "BootNotification", {"chargePointModel": "M", "chargePointVendor": "V"}
        return "BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}

    async def _session(self) -> None:
        session = Session(transaction_id=f"{self.identity}-{len(self.sessions)}")
        self.sessions.append(session)
        last = self.dice.randint(1, 6)
        for number in range(last + 1):
            kind = "Started" if number == 0 else "Ended" if number == last else "Updated"
            at = self._now()
            event: dict[str, Any] = {
                "eventType": kind,
                "timestamp": _text(at),
                "triggerReason": "MeterValuePeriodic",
                "seqNo": number,
                "transactionInfo": {"transactionId": session.transaction_id},
                "meterValue": [{"timestamp": _text(at), "sampledValue": [{"value": 100 * number}]}],
            }
            if number == 0:
                event |= {"evse": {"id": 1}, "idToken": {"idToken": "GOOD", "type": "ISO14443"}}
            session.said.append(Said(kind.lower(), number, at))
            session.wh = 100 * number
            await self._tell_at_least_once("TransactionEvent", event)

    async def _session_16(self) -> None:
        session = Session()
        self.sessions.append(session)
        at, last = self._now(), self.dice.randint(1, 6)
        session.said.append(Said("started", None, at))
        start = {"connectorId": 1, "idTag": "GOOD", "meterStart": 0, "timestamp": _text(at)}
        number = (await self._tell_at_least_once("StartTransaction", start))["transactionId"]
        session.transaction_id = str(number)
        for step in range(1, last):
            at = self._now()
            value = [{"timestamp": _text(at), "sampledValue": [{"value": str(100 * step)}]}]
            session.said.append(Said("updated", None, at))
            told = {"connectorId": 1, "transactionId": number, "meterValue": value}
            await self._tell_at_least_once("MeterValues", told)
        at = self._now()
        session.said.append(Said("ended", None, at))
        session.wh = 100 * last
        stop = {"transactionId": number, "meterStop": session.wh, "timestamp": _text(at), "idTag": "GOOD"}
        await self._tell_at_least_once("StopTransaction", stop)

    def _now(self) -> int:
        self._clock += 1
        return self._clock

    async def _tell_at_least_once(self, action: str, payload: Any) -> Any:
        """Some say things twice although they were heard."""
        answer = await self.tell(action, payload)
        if self.dice.random() < 0.05 and (again := await self.tell(action, payload)) != answer:
            self.errors.append((action, answer, again))
        await self._rest(self.dice.random() * self.pause)
        return answer

    async def _rest(self, seconds: float) -> None:
        """Say nothing. Who rests for long takes commands meanwhile, and comes back when the connection breaks."""
        if seconds < 0.1:
            return await asyncio.sleep(seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds) as self._resting:
                while True:
                    try:
                        socket = await self._connected()
                        message = json.loads(await socket.recv())
                        if message[0] == 2:
                            await self._take(socket, message)
                    except (ConnectionError, websockets.WebSocketException):
                        self._drop()
                        await asyncio.sleep(0.1 + self.dice.random() * 0.4)

    def hurry(self) -> None:
        """Rest no more."""
        self.pause = 0.0
        if self._resting is not None:
            with contextlib.suppress(RuntimeError):  # it rests no more already
                self._resting.reschedule(0)

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.transport.abort()
        self._socket = None

    async def tell(self, action: str, payload: Any) -> Any:
        """Say it, over as many connections as it takes, until it is answered."""
        while True:
            try:
                socket = await self._connected()
                answer = await asyncio.wait_for(self._call(socket, action, payload), self.patience)
            except (OSError, websockets.WebSocketException):
                self._drop()
                self.again += 1
                await asyncio.sleep(0.1 + self.dice.random() * 0.1)
                continue
            self.acknowledged += 1
            self.progress.set()
            return answer

    async def _call(self, socket: ClientConnection, action: str, payload: Any) -> Any:
        message_id = str(next(self._ids))
        await socket.send(json.dumps([2, message_id, action, payload]))
        while True:
            message = json.loads(await socket.recv())
            if message[0] == 2:
                await self._take(socket, message)
            elif message[1] == message_id:
                if message[0] == 4:
                    self.errors.append(message)
                return message[2]

    async def _take(self, socket: ClientConnection, message: Any) -> None:
        self.commands.append(message[3]["data"])
        await socket.send(json.dumps([3, message[1], {"status": "Accepted"}]))

    async def _connected(self) -> ClientConnection:
        if self._socket is None:
            credentials = base64.b64encode(f"{self.identity}:{PASSWORD}".encode()).decode()
            self._socket = await websockets.connect(
                f"{self.url}/{self.identity}",
                subprotocols=[websockets.Subprotocol(SUBPROTOCOLS[self.version])],
                additional_headers={"Authorization": f"Basic {credentials}"},
                open_timeout=min(self.patience, 30.0),
                ping_interval=None,
                compression=None,
            )
        return self._socket

    async def listen(self) -> None:
        """Take what commands are still to come; ends with the socket."""
        with contextlib.suppress(OSError, websockets.WebSocketException):
            socket = await self._connected()
            async for text in socket:
                await self._take(socket, json.loads(text))

    async def leave(self) -> None:
        if self._socket is not None:
            await self._socket.close()


def _text(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


class Operator:
    """Gives commands while the server comes and goes; knows which were taken."""

    def __init__(self, api: httpx.AsyncClient, identities: list[str], dice: random.Random) -> None:
        self.api, self.identities, self.dice = api, identities, dice
        self.expires_in = 600
        self.taken: dict[str, str] = {}
        """What a command said -> its id, of those that were answered 202."""

    async def run(self, over: asyncio.Event) -> None:
        for number in itertools.count():
            if over.is_set():
                return
            call = {"action": "DataTransfer", "payload": {"vendorId": "org.ohmstead", "data": str(number)}}
            body = {"ocpp": call, "if_offline": "queue", "expires_in": self.expires_in}
            with contextlib.suppress(httpx.TransportError):
                answer = await self.api.post(f"stations/{self.dice.choice(self.identities)}/commands", json=body)
                if answer.status_code == 202:
                    self.taken[str(number)] = answer.json()["id"]
            await asyncio.sleep(0.02)


# ---------------------------------------------------------------------- the books

LEDGER = """
SELECT stations.identity, transactions.transaction_id, ledger.kind, ledger.seq_no, ledger.at
FROM ledger JOIN stations ON stations.id = ledger.station_id
LEFT JOIN transactions ON transactions.id = ledger."transaction"
"""


async def _ledger(url: str) -> list[tuple[Any, ...]]:
    """The ledger as it lies on disk."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            return file.execute(LEDGER).fetchall()
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(LEDGER)]
    finally:
        await connection.close()


# ---------------------------------------------------------------------- the murders


@dataclass
class Report:
    """What was found when all was over; nothing missing and nothing double is `[]` everywhere."""

    kills: int
    acknowledged: int
    said_again: int
    transactions: int
    commands: int
    accepted: int
    """Commands that a station took."""
    seconds: float = 0
    wrong: list[str] = field(default_factory=list)


class Scene:
    """A fleet, an operator and servers that are killed."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        seed: int,
        stations: int = 50,
        roles: tuple[str, ...] = ("all",),
        bus_url: str = "",
        events_nats: str = "",
    ) -> None:
        self.dice = random.Random(seed)
        self.nats = events_nats
        """Where the feed is published."""
        self.victim = Victim(folder, database_url, roles, bus_url, events_nats)
        url = f"ws://127.0.0.1:{self.victim.gateway_port}/ocpp"
        versions = itertools.cycle(SUBPROTOCOLS)
        self.clients = [
            Client(url, f"CS{number}", next(versions), random.Random(self.dice.random())) for number in range(stations)
        ]
        base = f"http://127.0.0.1:{self.victim.api_port}/api/v1/"
        self.api = httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {KEY}"}, timeout=PATIENCE)
        self.operator = Operator(self.api, [client.identity for client in self.clients], self.dice)

    async def run(self, kills: int) -> Report:
        """Start, kill `kills` times, start again, let everybody finish, count."""
        begun, over = time.monotonic(), asyncio.Event()
        await self.victim.start()
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._ready()
            await self._furnish()
            tasks += [asyncio.create_task(one.run(over)) for one in (*self.clients, self.operator)]
            await self._strike(kills)
            await self._ready()
            over.set()
            async with asyncio.timeout(max(PATIENCE, len(self.clients) / 15)):
                await asyncio.gather(*tasks)
            report = await self._count(kills)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.api.aclose()
            await self.victim.close()
        report.seconds = time.monotonic() - begun
        return report

    async def _strike(self, kills: int) -> None:
        for _ in range(kills):
            await self._wait_for_the_moment()
            await self.victim.fork(await self.victim.kill(next(iter(self.victim.alive))))  # the oldest

    async def _wait_for_the_moment(self) -> None:
        """Mostly while all are talking, sometimes while the server is still getting up."""
        if self.dice.random() < 0.85:
            for client in self.clients:
                client.progress.clear()
            heard = [asyncio.create_task(client.progress.wait()) for client in self.clients]
            async with asyncio.timeout(PATIENCE):
                await asyncio.wait(heard, return_when=asyncio.FIRST_COMPLETED)
            for task in heard:
                task.cancel()
            await asyncio.gather(*heard, return_exceptions=True)
        await asyncio.sleep(self.dice.random() * 0.5)

    async def _ready(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await self.api.get("health/ready")).status_code == 200:
                        return
                await asyncio.sleep(0.02)

    async def _furnish(self) -> None:
        token = {"token": "GOOD", "type": "ISO14443", "status": "accepted"}
        assert (await self.api.post("tokens", json=token)).status_code == 201
        few = asyncio.Semaphore(16)
        await asyncio.gather(*(self._register(client, few) for client in self.clients))

    async def _register(self, client: Client, few: asyncio.Semaphore) -> None:
        async with few:
            station = {"id": client.identity, "security_profile": 1, "password": PASSWORD}
            assert (await self.api.post("stations", json=station)).status_code == 201

    # ------------------------------------------------------------------ counting

    async def _count(self, kills: int) -> Report:
        commands = await self._commands()
        transactions = [one async for one in self._all("transactions")]
        feed = [one async for one in self._feed()]
        report = Report(
            kills,
            sum(client.acknowledged for client in self.clients),
            sum(client.again for client in self.clients),
            len(transactions),
            len(commands),
            sum(one["state"] == "accepted" for one in commands),
        )
        for client in self.clients:
            report.wrong += [f"{client.identity}: {error}" for error in client.errors]
        report.wrong += self._wrong_transactions(transactions)
        report.wrong += self._wrong_feed(feed)
        report.wrong += await self._wrong_publication()
        report.wrong += self._wrong_commands(commands)
        report.wrong += self._wrong_ledger(await _ledger(self.victim.database_url))
        return report

    async def _all(self, path: str) -> AsyncIterator[Any]:
        query: dict[str, Any] = {"limit": 1000}
        while True:
            page = (await self.api.get(path, params=query)).raise_for_status().json()
            for one in page["data"]:
                yield one
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    async def _feed(self) -> AsyncIterator[Any]:
        await asyncio.sleep(1)  # an event's number may follow its commit by so much
        last = 0
        while page := (await self.api.get("events", params={"after": last, "limit": 1000})).json()["data"]:
            for one in page:
                yield one
            last = page[-1]["sequence"]

    async def _commands(self) -> list[Any]:
        """All commands, when none is on its way any more."""
        listening = [asyncio.create_task(client.listen()) for client in self.clients]
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = [one async for one in self._all("commands")]
                    if not any(one["state"] in ("queued", "sent") for one in found):
                        return found
                    await asyncio.sleep(0.2)
        finally:
            for client in self.clients:
                await client.leave()
            await asyncio.gather(*listening)

    def _wrong_transactions(self, found: list[Any]) -> list[str]:
        """Each session is one transaction, ended, whole, with its energy."""
        wrong = []
        booked = {(one["station_id"], one["transaction_id"]): one for one in found}
        told = {(client.identity, one.transaction_id): one for client in self.clients for one in client.sessions}
        if len(booked) != len(found):
            wrong.append(f"{len(found)} transactions, but {len(booked)} different ones")
        wrong += [f"nobody told of {name}" for name in booked.keys() - told.keys()]
        for name, session in told.items():
            if (one := booked.get(name)) is None:
                wrong.append(f"{name} is missing")
                continue
            seen = (one["state"], one["events"], one["energy_wh"], one["complete"], one["findings"])
            if seen != ("ended", len(session.said), session.wh, True, []):
                wrong.append(f"{name}: {seen} instead of {len(session.said)} events and {session.wh} Wh")
        return wrong

    def _wrong_ledger(self, rows: Iterable[tuple[Any, ...]]) -> list[str]:
        """The ledger's rows are the events that were said, each once; nothing was put aside."""
        kept = Counter(rows)
        told = Counter(
            (client.identity, session.transaction_id, said.kind, said.seq_no, said.at * 1_000_000)
            for client in self.clients
            for session in client.sessions
            for said in session.said
        )
        names = kept.keys() | told.keys()
        return [
            f"the ledger has {kept[name]} of {name}, not {told[name]}" for name in names if kept[name] != told[name]
        ]

    def _wrong_feed(self, feed: list[Any]) -> list[str]:
        wrong = []
        if [one["sequence"] for one in feed] != list(range(1, len(feed) + 1)):
            wrong.append("the feed is not dense")
        told: Counter[tuple[str, ...]] = Counter()
        sealed = Counter(
            (one["data"]["id"], one["data"]["version"]) for one in feed if one["type"] == "ohmstead.transaction.sealed"
        )
        wrong += [f"the record {id} is told {many} times" for id, many in sealed.items() if many > 1]
        for one in feed:
            kind = one["type"].removeprefix("ohmstead.transaction.")
            if kind in ("started", "updated", "ended"):
                told[kind, one["data"]["station_id"], one["data"]["transaction_id"]] += 1
        expected: Counter[tuple[str, ...]] = Counter()
        for client in self.clients:
            for session in client.sessions:
                for said in session.said:
                    expected[said.kind, client.identity, session.transaction_id] += 1
        for name in told.keys() | expected.keys():
            if told[name] != expected[name]:
                wrong.append(f"the feed tells {told[name]} times, not {expected[name]}, of {name}")
        return wrong

    async def _wrong_publication(self) -> list[str]:
        """Every event of the feed is in the stream, in the order of the feed."""
        if not self.nats:
            return []
        feed = {one["sequence"]: one async for one in self._feed()}  # it may have grown since
        found: list[Any] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while len(found) < len(feed):
                    found = [one.event for one in await published(self.nats)]
                    await asyncio.sleep(0.1)
        first: dict[int, Any] = {}
        for one in found:
            first.setdefault(one["sequence"], one)
        wrong = [f"the event {number} was not published" for number in feed.keys() - first.keys()]
        wrong += [f"the event {number} is another in NATS" for number in feed if first.get(number) != feed[number]]
        return wrong if list(first) == sorted(first) else [*wrong, "events were published out of order"]

    def _wrong_commands(self, found: list[Any]) -> list[str]:
        wrong = []
        received = Counter(text for client in self.clients for text in client.commands)
        wrong += [f"command {text} was received {many} times" for text, many in received.items() if many > 1]
        states = {one["id"]: one["state"] for one in found}
        for text, id in self.operator.taken.items():
            state = states.get(id)
            if state not in ("accepted", "timed_out"):
                wrong.append(f"command {text}, which was taken, is {state}")
            elif state == "accepted" and received[text] != 1:
                wrong.append(f"command {text} is accepted, but was received {received[text]} times")
        return wrong


if __name__ == "__main__":
    nursery()
