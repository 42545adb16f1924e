"""SQLite: one file, one writer thread, durable commits (WAL, synchronous=FULL).

The writer's connection is used on its thread only, one transaction at a time. Points are read on the loop (tens of
microseconds); lists go to reader threads. There is one `serve` per data folder, so a session's epoch needs no row: it
lives in `_epochs`, and taking a station costs no commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ohmstead.bus import Bus
from ohmstead.store.db import FEED_TOPIC, Claim, DatabaseGone, Event, Ring, Row, Write
from ohmstead.store.statement import Append, Statement

T = TypeVar("T")

PRAGMAS = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;
PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY;
"""
BAD_DATA = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    OverflowError,
    UnicodeEncodeError,
)
_FEED = "INSERT INTO feed (tenant_id, sequence, type, subject, at, data) VALUES (?, ?, ?, ?, ?, ?)"
_FENCE = "SELECT station_id, generation FROM sessions WHERE station_id IN (SELECT value FROM json_each(?))"
_GENERATION = "SELECT generation FROM sessions WHERE station_id = ?"
_BLOCK = (
    "INSERT INTO counters (tenant_id, name, n) VALUES (0, ?, ?)"
    " ON CONFLICT (tenant_id, name) DO UPDATE SET n = counters.n + excluded.n RETURNING n"
)


class Sqlite:
    """`Db` on one SQLite file."""

    name = "sqlite"

    def __init__(self, path: Path, bus: Bus) -> None:
        self.path, self.bus = path, bus
        self.trouble: str | None = None
        self._epochs: dict[int, int] = {}
        self._sequences: dict[int, int] = {}
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        self._thread = ThreadPoolExecutor(1, "sqlite-writer")
        self._readers = ThreadPoolExecutor(2, "sqlite-reader")
        self._writer = await self._on_thread(self._open)
        self._reader = self._open()
        self._lists: list[sqlite3.Connection] = []
        for tenant_id, last in self._reader.execute("SELECT tenant_id, max(sequence) FROM feed GROUP BY tenant_id"):
            self._sequences[tenant_id] = last

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, cached_statements=512)
        connection.executescript(PRAGMAS)
        return connection

    async def close(self) -> None:
        async with self._turn:
            await self._on_thread(self._writer.close)
        self._thread.shutdown()
        self._readers.shutdown()
        for connection in (self._reader, *self._lists):
            connection.close()

    async def _on_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    # ------------------------------------------------------------------ reading

    async def fetch(self, statement: Statement, **arguments: Any) -> list[Row]:
        return self._read(self._reader, statement, arguments)

    async def fetch_many(self, statement: Statement, **arguments: Any) -> list[Row]:
        def work() -> list[Row]:
            connection = self._lists.pop() if self._lists else self._open()
            try:
                return self._read(connection, statement, arguments)
            finally:
                self._lists.append(connection)

        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    def _read(self, connection: sqlite3.Connection, statement: Statement, arguments: dict[str, Any]) -> list[Row]:
        compiled = statement.sqlite
        try:
            return connection.execute(compiled.text, compiled.arguments(arguments)).fetchall()
        except sqlite3.OperationalError as error:
            raise DatabaseGone(f"SQLite: {error}") from error

    # ------------------------------------------------------------------ the cold road

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqliteTx]:
        async with self._turn:
            tx = SqliteTx(self)
            await self._begin()
            try:
                yield tx
                await self._on_thread(self._finish, tx.events)
            except BaseException:
                await self._on_thread(self._rollback)
                raise
        for ring in tx.rings:
            self.bus.ring(*ring)
        if tx.events:
            self.bus.ring(FEED_TOPIC, "")

    async def _begin(self) -> None:
        try:
            await self._on_thread(self._writer.execute, "BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise DatabaseGone(f"SQLite: {error}") from error

    def _rollback(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    # ------------------------------------------------------------------ the hot road

    async def commit(self, batch: Sequence[Write], lane: int) -> list[Write]:
        async with self._turn:
            stale = await self._on_thread(self._commit, batch)
        if any(write.events for write in batch):
            self.bus.ring(FEED_TOPIC, "")
        return stale

    def _commit(self, batch: Sequence[Write]) -> list[Write]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            good, stale = self._fenced(batch)
            self._put(
                [one for write in good for one in write.appended], [one for write in good for one in write.changed]
            )
            self._finish([event for write in good for event in write.events])
            return stale
        except BaseException:
            self._rollback()
            raise

    async def store(
        self,
        rows: Sequence[tuple[Append, tuple[Any, ...]]],
        changes: Sequence[tuple[Statement, dict[str, Any]]],
    ) -> None:
        async with self._turn:
            await self._on_thread(self._store, rows, changes)

    def _store(self, rows: Any, changes: Any) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            self._put(rows, changes)
            self._writer.execute("COMMIT")
        except BaseException:
            self._rollback()
            raise

    def _put(self, rows: Any, changes: Any) -> None:
        """Rows of a table, and runs of a statement, each in one go."""
        texts: dict[str, list[tuple[Any, ...]]] = {}
        for append, row in rows:
            texts.setdefault(append.sqlite, []).append(row)
        for statement, arguments in changes:
            compiled = statement.sqlite
            texts.setdefault(compiled.text, []).append(compiled.arguments(arguments))
        for text, given in texts.items():
            self._writer.executemany(text, given)

    def _fenced(self, batch: Sequence[Write]) -> tuple[list[Write], list[Write]]:
        ids = msgspec.json.encode([write.station_id for write in batch]).decode()
        generations = dict(self._writer.execute(_FENCE, (ids,)).fetchall())
        good: list[Write] = []
        stale: list[Write] = []
        for write in batch:
            known = (self._epochs.get(write.station_id), generations.get(write.station_id))
            (good if known == (write.epoch, write.generation) else stale).append(write)
        return good, stale

    def _finish(self, events: Sequence[Event]) -> None:
        """Number the events, commit, and only then believe the numbers."""
        sequences = dict(self._sequences)
        rows = []
        for event in events:
            sequences[event.tenant_id] = number = sequences.get(event.tenant_id, 0) + 1
            rows.append((event.tenant_id, number, *event[1:]))
        if rows:
            self._writer.executemany(_FEED, rows)
        self._writer.execute("COMMIT")
        self._sequences = sequences

    # ------------------------------------------------------------------ claims and ids

    async def claim(self, station_ids: Sequence[int]) -> list[Claim]:
        async with self._turn:  # the commit in flight has landed before anybody loads the station's state
            claims = []
            for station_id in station_ids:
                epoch = self._epochs[station_id] = self._epochs.get(station_id, 0) + 1
                row = self._reader.execute(_GENERATION, (station_id,)).fetchone()
                claims.append(Claim(epoch, row[0] if row else -1))
            return claims

    async def held(self, station_id: int) -> Claim | None:
        row = self._reader.execute(_GENERATION, (station_id,)).fetchone()
        return Claim(self._epochs.get(station_id, 0), row[0]) if row else None

    async def block(self, name: str, size: int) -> int:
        async with self._turn:
            row = await self._on_thread(lambda: self._writer.execute(_BLOCK, (name, size)).fetchone())
        return int(row[0]) - size + 1

    def is_bad_data(self, error: BaseException) -> bool:
        return isinstance(error, BAD_DATA)


class SqliteTx:
    """`Tx` on SQLite."""

    def __init__(self, db: Sqlite) -> None:
        self._db = db
        self.events: list[Event] = []
        self.rings: list[Ring] = []

    async def fetch(self, statement: Statement, **arguments: Any) -> list[Row]:
        compiled = statement.sqlite
        given = compiled.arguments(arguments)
        return await self._db._on_thread(lambda: self._db._writer.execute(compiled.text, given).fetchall())

    async def execute(self, statement: Statement, **arguments: Any) -> None:
        await self.fetch(statement, **arguments)

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def ring(self, topic: str, key: str) -> None:
        self.rings.append(Ring(topic, key))
