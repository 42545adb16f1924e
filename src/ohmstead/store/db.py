"""The database as the rest of Ohmstead sees it: fetch, transaction, commit, ids.

Two roads lead to the disk. `Db.transaction()` is the cold one: API, CLI and jobs change a few rows and wait. `commit`
is the hot one, called by `store/writer.py` alone: the writes of many stations in one database transaction, each with
the epoch and generation its session believes in; a write whose session is no longer current is dropped and named.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, Protocol

import msgspec

from ohmstead.bus import Bus
from ohmstead.store.statement import Append, Statement

Row = Sequence[Any]

FEED_TOPIC = "feed"
"""Rung after events got their numbers."""


class Stale(Exception):
    """The station's session moved to another socket, or its rows were changed by somebody else."""


class DatabaseGone(Exception):
    """The database does not answer; nothing was stored."""


class Ring(NamedTuple):
    """A doorbell to press once the rows are on disk: bus topic and key."""

    topic: str
    key: str


class Event(NamedTuple):
    """One event of the feed before it has its number; `data` is JSON text."""

    tenant_id: int
    type: str
    subject: str | None
    at: int
    data: str


class Write:
    """What one message of one station changes. All of it is stored, or nothing."""

    __slots__ = ("appended", "changed", "done", "epoch", "events", "generation", "rings", "station_id", "tenant_id")

    def __init__(self, tenant_id: int, station_id: int, epoch: int, generation: int) -> None:
        self.tenant_id = tenant_id
        self.station_id = station_id
        self.epoch = epoch
        self.generation = generation
        self.appended: list[tuple[Append, tuple[Any, ...]]] = []
        self.changed: list[tuple[Statement, dict[str, Any]]] = []
        self.events: list[Event] = []
        self.rings: list[Ring] = []
        self.done: asyncio.Future[None] | None = None

    def append(self, rows: Append, row: tuple[Any, ...]) -> None:
        """Add one row; values in the order of `rows.columns`."""
        self.appended.append((rows, row))

    def execute(self, statement: Statement, **arguments: Any) -> None:
        """Run one statement."""
        self.changed.append((statement, arguments))

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def ring(self, topic: str, key: str) -> None:
        self.rings.append(Ring(topic, key))

    def __bool__(self) -> bool:
        return bool(self.appended or self.changed or self.events)


class Reader(Protocol):
    """What rows can be read from: the database, or an open transaction."""

    async def fetch(self, statement: Statement, **arguments: Any) -> list[Row]:
        """A few rows, fast. Raises DatabaseGone."""


class Tx(Reader, Protocol):
    """An open database transaction of the cold road."""

    async def fetch_each(self, changes: Sequence[tuple[Statement, dict[str, Any]]]) -> list[list[Row]]:
        """Run many statements, in their order; the rows of each come back."""

    async def execute(self, statement: Statement, **arguments: Any) -> None: ...

    async def execute_all(self, changes: Sequence[tuple[Statement, dict[str, Any]]]) -> None:
        """Run many statements, in their order."""

    def emit(self, event: Event) -> None:
        """Add an event to the feed; numbered with the commit."""

    def ring(self, topic: str, key: str) -> None:
        """Press a doorbell after the commit."""


class Claim(NamedTuple):
    """A session's right to write for its station."""

    epoch: int
    generation: int


NO_CLAIM = Claim(-1, -1)
"""A right that no commit finds current."""


class Db(Reader, Protocol):
    """SQLite or PostgreSQL, started."""

    bus: Bus
    name: str
    trouble: str | None
    """Why writes do not get through at this moment, in words; None while they do."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def fetch_many(self, statement: Statement, **arguments: Any) -> list[Row]:
        """Many rows, beside the hot road. Raises DatabaseGone."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]: ...

    async def commit(self, batch: Sequence[Write], lane: int) -> list[Write]:
        """Store the batch durably in one transaction; the stale ones, which were not stored, come back.

        A batch that failed may be given again, as the same object: it is stored once, even if the first try got
        through and only its answer was lost."""

    async def store(
        self,
        rows: Sequence[tuple[Append, tuple[Any, ...]]],
        changes: Sequence[tuple[Statement, dict[str, Any]]],
    ) -> None:
        """Store rows that belong to no session's state, in bulk and without a fence; all of them or none."""

    async def claim(self, station_ids: Sequence[int]) -> list[Claim]:
        """Take these stations for sessions of this node; whoever held one can no longer write for it. NO_CLAIM for a
        station that does not exist, and for one that is asked for again later in the same list."""

    async def held(self, station_id: int) -> Claim | None:
        """The claim that is on this station now, whoever has it; None if there is none of this node."""

    async def block(self, name: str, size: int) -> int:
        """Reserve `size` numbers of the counter `name`; the first of them comes back."""

    def is_bad_data(self, error: BaseException) -> bool:
        """Whether the write itself is to blame (it fails alone), not the database (everybody waits)."""


def encode(value: Any) -> str:
    """A JSON column's text."""
    return msgspec.json.encode(value).decode()
