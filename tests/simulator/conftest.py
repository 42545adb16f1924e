"""A CSMS that answers everything, as plain functions; and a bench that joins it to a station without any I/O."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from ohmstead.ocpp.schemas import problems
from ohmstead.ocpp.versions import BY_NAME, BY_SUBPROTOCOL, Version
from ohmstead.simulator.controller import Controller
from ohmstead.simulator.dialect import Happening
from ohmstead.simulator.dialect2 import Dialect2
from ohmstead.simulator.dialect16 import Dialect16
from ohmstead.simulator.evse import Evse, standard_evses
from ohmstead.simulator.faults import Faults
from ohmstead.simulator.traits import ORDINARY, Traits

START = 1_764_000_000_000_000
TIME = "2025-11-24T16:00:00.000Z"


class Csms:
    """Answers calls; `boot`, `token`, `silent` and `refusing` change how. Every payload is held against the schemas."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.boot: list[str] = []
        """Statuses for the next boots; Accepted when empty."""
        self.interval = 300
        self.tokens: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        self.silent: set[str] = set()
        self.refusing: set[str] = set()
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.needs = "Processing"
        self.vat_status, self.chain_status = "Accepted", "Good"
        self.staple: str | None = None
        """The answer to GetCertificateStatus."""
        self.numbers = itertools.count(101)
        self.answers: dict[str, Any] = {}
        self._ids = itertools.count(1)
        self._asked: dict[str, str] = {}

    def hear(self, text: bytes | str) -> list[str]:
        """One frame of the station; the frames to send back."""
        kind, message_id, *rest = json.loads(text)
        if kind in (3, 4):
            action = self._asked.pop(message_id)
            self.answers[message_id] = rest[0] if kind == 3 else ("error", rest[0])
            if kind == 3:
                self._judge(action, "response", rest[0])
            return []
        action, payload = rest
        self._judge(action, "request", payload)
        self.heard.append((action, payload))
        if kind == 6 or action in self.silent:
            return []
        if action in self.refusing:
            return [json.dumps([4, message_id, "InternalError", "", {}])]
        answer = self._answer(action, payload)
        self._judge(action, "response", answer)
        return [json.dumps([3, message_id, answer])]

    def ask(self, action: str, payload: dict[str, Any]) -> tuple[str, str]:
        """A call to the station: (message id, frame)."""
        message_id = f"ask-{next(self._ids)}"
        self._asked[message_id] = action
        return message_id, json.dumps([2, message_id, action, payload])

    def of(self, action: str) -> list[dict[str, Any]]:
        """The payloads heard with this action."""
        return [payload for heard, payload in self.heard if heard == action]

    def _judge(self, action: str, kind: Any, payload: object) -> None:
        if action in self.version.messages.ACTIONS:
            found = problems(self.version, action, kind, payload)
            assert not found, (action, kind, found, payload)

    def _info(self, token: str) -> dict[str, Any]:
        status, group = self.tokens.get(token, "Accepted"), self.groups.get(token)
        if self.version.dialect == "v16":
            return {"status": status, **({"parentIdTag": group} if group else {})}
        return {"status": status, **({"groupIdToken": {"idToken": group, "type": "Central"}} if group else {})}

    def _answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if action == "BootNotification":
            status = self.boot.pop(0) if self.boot else "Accepted"
            return {"status": status, "currentTime": TIME, "interval": self.interval}
        if action == "Heartbeat":
            return {"currentTime": TIME}
        if action == "StartTransaction":
            return {"transactionId": next(self.numbers), "idTagInfo": self._info(payload["idTag"])}
        if action in ("Authorize", "TransactionEvent") and "idToken" in payload:
            return {"idTokenInfo": self._info(payload["idToken"]["idToken"])}
        if action == "Authorize":
            return {"idTagInfo": self._info(payload["idTag"])}
        if action == "VatNumberValidation":
            return {"vatNumber": payload["vatNumber"], "status": self.vat_status}
        if action == "GetCertificateChainStatus":
            asked = payload["certificateStatusRequests"]
            said = {"status": self.chain_status, "nextUpdate": TIME}
            return {"certificateStatus": [{k: v for k, v in one.items() if k != "urls"} | said for one in asked]}
        if action == "NotifyEVChargingNeeds":
            return {"status": self.needs}
        if action in ("DataTransfer", "OpenPeriodicEventStream", "SignCertificate", "NotifyEVChargingSchedule"):
            return {"status": "Accepted"}
        if action == "GetCertificateStatus":
            return {"status": "Failed"} if self.staple is None else {"status": "Accepted", "ocspResult": self.staple}
        return {}


class Bench:
    """One station and the CSMS in one thread: time moves by `run`, frames cross at once."""

    def __init__(self, version: str, seed: int = 1, evses: list[Evse] | None = None, traits: Traits = ORDINARY) -> None:
        self.version = BY_NAME[version]
        self.csms = Csms(self.version)
        self.log: list[Happening] = []
        self.controller = Controller(
            "CS001",
            self.version,
            evses if evses is not None else standard_evses(2, seed, "CS001"),
            dialect=Dialect16 if version == "1.6" else Dialect2,
            seed=seed,
            start=START,
            watch=self.log.append,
            traits=traits,
            faults=Faults(),
        )
        self.network = True
        self.ping: Callable[[], None] = lambda: None

    @property
    def tick(self) -> float:
        return (self.controller.now - START) / 1_000_000

    @property
    def talk(self) -> Any:
        return self.controller.conversation

    def up(self) -> Bench:
        """Connect and boot."""
        self.controller.life.boot()
        self.controller.opened(self.tick)
        self.pump()
        return self

    def pump(self) -> None:
        """Carry frames until nobody has anything to say; open and close the line as the station wants."""
        while self.talk.outgoing:
            for reply in self.csms.hear(self.talk.outgoing.popleft()):
                self.controller.receive(reply.encode(), self.tick)
        if self.talk.hang_up:
            self.controller.lost(self.tick)
        if self.talk.connect_at is not None and self.tick >= self.talk.connect_at:
            if self.network:
                self.controller.opened(self.tick)
                self.pump()
            else:
                self.controller.lost(self.tick, "no network")

    def run(self, seconds: float) -> None:
        """Let time go by, second by second."""
        for _ in range(int(seconds)):
            self.controller.advance(self.controller.now + 1_000_000, self.tick + 1.0)
            self.pump()

    def cut(self) -> None:
        """The line breaks and stays broken until `mend`."""
        self.network = False
        self.talk.outgoing.clear()
        self.controller.lost(self.tick, "cut")

    def mend(self) -> None:
        """The network is back, and the station connects at once."""
        self.network = True
        self.talk.connect_at = self.tick
        self.pump()

    def call(self, action: str, payload: dict[str, Any]) -> Any:
        """The CSMS calls; the payload of the answer, or ("error", code)."""
        message_id, frame = self.csms.ask(action, payload)
        self.controller.receive(frame.encode(), self.tick)
        self.pump()
        return self.csms.answers[message_id]

    def swipe(self, token: str = "TAG", evse_id: int = 1) -> str:
        """Show a token and hear the verdict."""
        from ohmstead.simulator.session import Token

        heard: list[str] = []
        self.controller.authorisation.swipe(evse_id, Token(token), heard.append)
        self.pump()
        return heard[0] if heard else ""

    def plug(self, ev: Any, evse_id: int = 1) -> None:
        self.controller.session(evse_id).plug(ev)
        self.talk.turn(self.tick)
        self.pump()

    def unplug(self, evse_id: int = 1) -> None:
        self.controller.session(evse_id).unplug()
        self.talk.turn(self.tick)
        self.pump()

    def events(self) -> list[dict[str, Any]]:
        """The TransactionEvents heard."""
        return self.csms.of("TransactionEvent")


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """Make a bench: `bench("2.0.1")`."""
    return Bench


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def any_bench(request: pytest.FixtureRequest) -> Bench:
    """A bench of each version, booted."""
    return Bench(request.param).up()


class Served:
    """The CSMS behind a WebSocket server on loopback."""

    def __init__(self, csms: Csms, url: str) -> None:
        self.csms, self.url = csms, url
        self.sockets: list[ServerConnection] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []

    async def ask(self, action: str, payload: dict[str, Any]) -> None:
        await self.sockets[-1].send(self.csms.ask(action, payload)[1])


@pytest.fixture
def served() -> Callable[[str], Any]:
    """`async with served("2.0.1") as csms:` a CSMS on a free port."""

    @asynccontextmanager
    async def serving(version: str) -> AsyncIterator[Served]:
        csms = Csms(BY_NAME[version])

        async def talk(socket: ServerConnection) -> None:
            there.sockets.append(socket)
            assert socket.request is not None
            there.headers.append({name.lower(): value for name, value in socket.request.headers.raw_items()})
            there.paths.append(socket.request.path)
            async for text in socket:
                for reply in csms.hear(text):
                    await socket.send(reply)

        async with serve(talk, "127.0.0.1", 0, subprotocols=list(BY_SUBPROTOCOL)) as server:  # type: ignore[arg-type]
            port = server.sockets[0].getsockname()[1]
            there = Served(csms, f"ws://127.0.0.1:{port}")
            yield there

    return serving
