"""Handlers without a gateway: a station on a real database, each of its calls committed as the gateway commits it.

And commands without a station: each request of a command is held against the official schemas, each answer is given.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead import blocks, runtime
from ohmstead.blocks import Call, Numbers
from ohmstead.blocks.alerts import board_of, not_folded
from ohmstead.blocks.command import AFTER, BEFORE, Ask, NotAnswered, Outcome
from ohmstead.domain.commands import Happening
from ohmstead.domain.device_model import Change, Variable, model
from ohmstead.domain.profiles import Profile
from ohmstead.domain.transactions import Transaction
from ohmstead.ocpp import codec, schemas
from ohmstead.ocpp.versions import BY_NAME, Version
from ohmstead.pki.inquiry import Inquiry
from ohmstead.plugcharge.opening import PlugAndCharge
from ohmstead.settings import Settings, Stations
from ohmstead.shapes.device_model import ChangeResult
from ohmstead.shapes.token import TokenNew
from ohmstead.store import device_model, ids, ledger
from ohmstead.store.db import Claim, Db, Row, Write
from ohmstead.store.links import Links
from ohmstead.store.resources import stations, tokens
from ohmstead.store.resources.listing import named
from ohmstead.store.sessions import State, Station, load_state
from ohmstead.store.statement import Statement
from ohmstead.store.tables import findings
from ohmstead.store.tables.meta import DEFAULT_TENANT

blocks.discover()
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where the other database could show nothing new."""

SENT = ("NotifyPeriodicEventStream",)
"""What comes by SEND, so that no schema says how it is answered."""


class Stage:
    """One station, and what the gateway would do for it."""

    def __init__(self, db: Db) -> None:
        self.db = db
        self.numbers = Numbers(
            *(ids.Ids(db, name) for name in (ids.FRAMES, ids.TRANSACTIONS, ids.TRANSACTIONS_16, ids.ROWS))
        )
        self.settings = Settings(stations=Stations(unasked_calls=(), interval_spread=0.0))
        self.state: State
        self.claim: Claim
        self.call: Call
        """The last one."""
        self.plug_and_charge: PlugAndCharge | None = None
        self.inquiry: Inquiry | None = None
        self.fed: list[str] = []
        """The events of all commits."""
        self._messages = 0
        self._tokens = itertools.count(1)

    async def enter(self, number: int = 1, **fields: Any) -> None:
        """Let the station be known and connected."""
        fields = {"identity": f"CS{number}", "registration": "accepted", "security_profile": 1} | fields
        async with self.db.transaction() as tx:
            assert await stations.add(tx, DEFAULT_TENANT, number, runtime.now(), **fields)
        await self.connect(number)

    async def connect(self, number: int = 1) -> None:
        """A new session: nothing is remembered but what is stored."""
        (self.claim,) = await self.db.claim([number])
        self.state = await load_state(self.db, number)

    async def token(self, token: str, status: Any = "accepted", **fields: Any) -> None:
        async with self.db.transaction() as tx:
            new = TokenNew(token=token, status=status, **fields)
            assert await tokens.add(tx, DEFAULT_TENANT, next(self._tokens), new, runtime.now())

    def write(self) -> Write:
        return Write(DEFAULT_TENANT, self.state.station.id, *self.claim)

    async def put(self, write: Write) -> None:
        assert await self.db.commit([write], 0) == []
        self.fed += [event.type.removeprefix("ohmstead.") for event in write.events]

    async def say(self, action: str, payload: Any, version: str = "2.0.1") -> Any:
        """One call of the station; the payload of its answer."""
        self._messages += 1
        frame = json.dumps([2, str(self._messages), action, payload])
        spoken = BY_NAME[version]
        request, _ = codec.decode_request(spoken, action, json.dumps(payload))
        call = self.call = Call(
            spoken, action, frame, self.state, self.write(), self.db, self.numbers, self.settings, runtime.now(),
            self.plug_and_charge, self.inquiry,
        )  # fmt: skip
        response = await blocks.HANDLERS[version, action](call, request)
        answer = bytes(response) if not hasattr(response, "__struct_fields__") else codec.encode(response)
        assert action in SENT or schemas.problems(spoken, action, "response", json.loads(answer)) == []
        if call.entry is not None:
            text = f'[3,"{self._messages}",{answer.decode()}]'
            number = await self.numbers.frames.take()
            ledger.write_entry(call.write, number, call.entry, call.now, action, frame, text)
        if call.write:
            await self.put(call.write)
        self.state = call.state
        return json.loads(answer)

    async def keep_unfolded(self, action: str, payload: Any, version: str = "2.0.1") -> Any:
        """What the gateway does with a call on which the handler failed."""
        self._messages += 1
        frame = json.dumps([2, str(self._messages), action, payload])
        spoken = BY_NAME[version]
        request, _ = codec.decode_request(spoken, action, json.dumps(payload))
        answer = codec.encode(blocks.UNFOLDED[version, action](spoken.messages, request))
        assert schemas.problems(spoken, action, "response", json.loads(answer)) == []
        write = self.write()
        entry = ledger.Entry("unfolded", runtime.now())
        text = f'[3,"{self._messages}",{answer.decode()}]'
        ledger.write_entry(write, await self.numbers.frames.take(), entry, runtime.now(), action, frame, text)
        board = await board_of(self.db, self.state.station, runtime.now())
        await board.raised(not_folded(action, KeyError("x"), runtime.now()), self.numbers.rows.take)
        board.write(write)
        await self.put(write)
        return json.loads(answer)

    @property
    def now(self) -> int:
        return runtime.now()

    def ask(self, version: str = "2.0.1") -> Ask:
        """What a command of this station would know before its first call."""
        return Ask(BY_NAME[version], self.state, "cmd_1", remote_start_id=77)

    async def know(self, *variables: Variable) -> None:
        """Let these variables of the station be known."""
        changes = [Change(one.name.key, None, one) for one in variables]
        await self.db.store([], await device_model.changed(self.db, DEFAULT_TENANT, self.state.station.id, changes, 0))

    async def learn(self, action: str, payload: Any, answer: Any, version: str = "2.0.1") -> None:
        """A call of ours was answered, with a CALLERROR if `answer` is None; as the gateway takes it in."""
        spoken = BY_NAME[version]
        assert schemas.problems(spoken, action, "request", payload) == []
        request = codec.decode_request(spoken, action, json.dumps(payload))[0]
        ask, write = self.ask(version), self.write()
        if (before := BEFORE.get(action)) is not None:
            sent = self.write()
            sent.changed += before(ask, request, runtime.now())
            await self.put(sent)
        if answer is not None:
            answer = codec.decode_response(spoken, action, json.dumps(answer))[0]
        found = await AFTER[action](ask, self.db, request, answer, runtime.now())
        write.changed += found.rows
        write.events += found.events
        if write:
            await self.put(write)

    async def findings(self) -> list[dict[str, Any]]:
        """What the station did that was odd."""
        return named(select(findings), await self.rows(select(findings)))

    @property
    def told(self) -> list[tuple[str, Any]]:
        """Kind and data of the events of the last call."""
        events = self.call.write.events
        return [(event.type.removeprefix("ohmstead."), json.loads(event.data)) for event in events]

    @property
    def happened(self) -> list[Happening]:
        """What the last call showed."""
        return self.call.happenings

    async def rows(self, clause: Any) -> list[Row]:
        return await self.db.fetch_many(Statement(clause))


def station(**fields: Any) -> Station:
    known = dict.fromkeys(Station.__struct_fields__)
    known |= {"id": 1, "tenant_id": 1, "identity": "CS1", "registration": "accepted", "security_profile": 1}
    return Station(**(known | {"capabilities": {}} | fields))  # type: ignore[arg-type]


class Conversation(SimpleNamespace):
    """What a command said and how it ended."""

    requests: list[tuple[str, Any]]
    outcome: Outcome | None
    """None: the command failed with its last call, as `failed` says."""
    failed: NotAnswered | None
    results: list[ChangeResult] | None


def converse(
    command: Any, version: str, *answers: Any, known: Iterable[Variable] = (), profiles: Sequence[Profile] = (),
    transactions: dict[str, Transaction] | None = None, found: Any = None, links: Links | None = None,
    shown: Any = (), **fields: Any,
) -> Conversation:  # fmt: skip
    """Put `command` to a station that gives these answers, in their order, or fails to (NotAnswered); `fields` are the
    station's, `known` are its variables that we know, `profiles` and `transactions` those it has,
    `found` what `prepare` looks up, `shown` the chains of our TLS ports.

    Every request is encoded, held against the official schema, and read back.
    """
    spoken = BY_NAME[version]
    state = State(station=station(**fields), connectors={}, transactions=transactions or {})
    ask = Ask(
        spoken,
        state,
        "cmd_1",
        remote_start_id=77,
        known=model(known),
        found=found,
        links=links,
        profiles=profiles,
        shown=shown,
    )
    calls, requests, left = command.calls(ask), [], list(answers)
    try:
        request = next(calls)
        while True:
            action, payload = _checked(spoken, request)
            requests.append((action, payload))
            assert left, f"no answer for {action} {payload}"
            answer = left.pop(0)
            failed = isinstance(answer, NotAnswered)
            request = calls.throw(answer) if failed else calls.send(_answer(spoken, action, answer))
    except StopIteration as end:
        assert not left, f"answers that nobody asked for: {left}"
        return Conversation(requests=requests, outcome=end.value, failed=None, results=ask.results)
    except NotAnswered as error:
        return Conversation(requests=requests, outcome=None, failed=error, results=ask.results)


def _checked(version: Version, request: Any) -> tuple[str, Any]:
    action = type(request).__name__.removesuffix("Request")
    text = codec.encode(request)
    assert schemas.problems(version, action, "request", json.loads(text)) == []
    again, findings = codec.decode_request(version, action, text, strict=True)
    assert (again, findings) == (request, ())
    return action, json.loads(text)


def _answer(version: Version, action: str, payload: Any) -> Any:
    assert schemas.problems(version, action, "response", payload) == []
    return codec.decode_response(version, action, json.dumps(payload), strict=True)[0]
