"""The use cases: one module per functional block, the only place where a version of OCPP meets the rules.

A station's action is a function with `@on`; an operator's action is a `Command`. Both register themselves when their
module is imported, and everything else reads the registry: gateway, API, CLI, SDK, console, support matrix.

    @on("ReservationStatusUpdate", V201, V21)
    async def status_update(call, req):
        ...
        return call.v.ReservationStatusUpdateResponse()

A handler reads, decides by rules of `domain`, writes into `call.write` and replaces `call.state`; it returns the
response. The caller commits, and only then answers and believes the new state. A handler cannot call its station, it
can only `ask`: there is nothing to dead-lock.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

import msgspec
from msgspec import Struct

from ohmstead.domain.commands import Happening
from ohmstead.ocpp.versions import Version
from ohmstead.pki.inquiry import Inquiry
from ohmstead.plugcharge.opening import PlugAndCharge
from ohmstead.settings import Settings
from ohmstead.store.commands import write_new
from ohmstead.store.db import Db, Event, Write
from ohmstead.store.ids import Ids
from ohmstead.store.ledger import Entry
from ohmstead.store.sessions import State, Station

_encode = msgspec.json.Encoder().encode

ASKED_FOR = 300_000_000
"""Microseconds that a command of ours may wait for its station."""


class Reject(Exception):
    """Answer the call with a CALLERROR; `code` in the spelling of 2.x."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code, self.description = code, description


class HangUp(Exception):
    """Close the station's socket instead of an answer; `code` in snake case for `GET /refusals`."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Numbers(Struct, frozen=True):
    """The counters that handlers draw from."""

    frames: Ids
    transactions: Ids
    transactions_16: Ids
    rows: Ids


class Call:
    """One call of one station while it is handled: what the handler may know and do."""

    __slots__ = (
        "action",
        "db",
        "entry",
        "happenings",
        "inquiry",
        "now",
        "numbers",
        "plug_and_charge",
        "request",
        "settings",
        "state",
        "version",
        "write",
    )

    def __init__(
        self, version: Version, action: str, request: str, state: State, write: Write, db: Db, numbers: Numbers,
        settings: Settings, now: int, plug_and_charge: PlugAndCharge | None = None, inquiry: Inquiry | None = None,
    ) -> None:  # fmt: skip
        self.version = version
        self.action = action
        self.request = request
        """The frame as it came."""
        self.state = state
        """Replace it to change what the session remembers."""
        self.write = write
        self.db = db
        self.numbers = numbers
        self.settings = settings
        self.now = now
        """Microseconds; the same for everything this call does."""
        self.plug_and_charge = plug_and_charge
        self.inquiry = inquiry
        self.entry: Entry | None = None
        self.happenings: list[Happening] = []

    @property
    def v(self) -> ModuleType:
        """The messages of the station's version."""
        return self.version.messages

    @property
    def station(self) -> Station:
        return self.state.station

    def emit(self, kind: str, data: dict[str, Any] | Struct) -> None:
        """Put an event into the feed, in the commit of this call; `kind` without the prefix `ohmstead.`."""
        self.write.emit(feed_event(self.station, kind, data, self.now))

    def happened(self, *words: str) -> None:
        """Say what this call shows, so that a command that waited for it is confirmed (domain/commands.py)."""
        self.happenings.append(words)

    def ask(self, kind: str, **fields: Any) -> None:
        """Queue a typed command for this station, in the commit of this call."""
        body = _encode({"type": kind, **fields}).decode()
        write_new(self.write, self.station.identity, kind, body, self.now, self.now + ASKED_FOR)

    def keep(self, kind: str, at: int, transaction: int | None = None, seq_no: int | None = None) -> None:
        """Keep the frame and its answer in the ledger for ever, not just in the message log."""
        self.entry = Entry(kind, at, transaction, seq_no)


def feed_event(station: Station, kind: str, data: dict[str, Any] | Struct, now: int) -> Event:
    """An event about `station`; `kind` without the prefix `ohmstead.`."""
    return Event(station.tenant_id, f"ohmstead.{kind}", station.identity, now, _encode(data).decode())


Handler = Callable[[Call, Any], Awaitable[Any]]
Harmless = Callable[[ModuleType, Any], Any]

HANDLERS: dict[tuple[str, str], Handler] = {}
"""(version, action) -> handler."""
UNFOLDED: dict[tuple[str, str], Harmless] = {}
"""(version, action) -> the answer that harms nobody, for a frame of the ledger that we fail to fold."""


def on(action: str, *versions: Version, unfolded: Harmless | None = None) -> Callable[[Handler], Handler]:
    """Register the handler of a station's action in these versions.

    `unfolded` makes the answer to a well-formed frame on which the handler fails: the frame is kept raw and folded
    again after the fix, because a CALLERROR would make the station drop it (E13.FR.04).
    """

    def register(handler: Handler) -> Handler:
        for version in versions:
            key = (version.name, action)
            if key in HANDLERS:
                raise ValueError(f"{action} of OCPP {version.name} has two handlers")
            HANDLERS[key] = handler
            if unfolded is not None:
                UNFOLDED[key] = unfolded
        return handler

    return register


def discover() -> None:
    """Import all blocks, so that the registry is whole."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
