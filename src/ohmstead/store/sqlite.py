"""SQLite: one file, one writer thread, durable commits (WAL, synchronous=FULL).

The writer's connection is used on its thread only, one transaction at a time. Points are read on the loop (tens of
microseconds); lists go to reader threads. There is one `serve` per data folder, so a session's epoch needs no row: it
lives in `_epochs`, and taking a station costs no commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ohmstead.bus import Bus
from ohmstead.store.blame import sqlite_is_gone, sqlite_trouble
from ohmstead.store.bulk import Appended, Changed, by_table, runs
from ohmstead.store.db import FEED_TOPIC, NO_CLAIM, Claim, Event, Ring, Row, Write
from ohmstead.store.statement import Statement

T = TypeVar("T")

PRAGMAS = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;
PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY;
"""
ON_THE_LOOP = "PRAGMA busy_timeout=20"
"""The event loop does not wait for a lock; readers meet one only while another process recovers or vacuums the file."""
_FEED = "INSERT INTO feed (tenant_id, sequence, type, subject, at, data) VALUES (?, ?, ?, ?, ?, ?)"
_NEWEST = "SELECT coalesce(max(sequence), 0) FROM feed WHERE tenant_id = ?"
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
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        self._thread = ThreadPoolExecutor(1, "sqlite-writer")
        self._readers = ThreadPoolExecutor(2, "sqlite-reader")
        self._writer = await self._on_thread(self._open)
        self._reader = self._open()
        self._reader.execute(ON_THE_LOOP)
        self._lists: list[sqlite3.Connection] = []

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
        """Run `work` on the writer's thread. A caller that is cancelled leaves only when the work is done: the next
        one must not find its transaction open."""
        running = asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise

    # ------------------------------------------------------------------ reading

    async def fetch(self, statement: Statement, **arguments: Any) -> list[Row]:
        return self._read(self._reader, statement, arguments)

    async def fetch_many(self, statement: Statement, **arguments: Any) -> list[Row]:
        def work() -> list[Row]:
            try:
                connection = self._lists.pop()
            except IndexError:
                connection = self._open()
            try:
                return self._read(connection, statement, arguments)
            finally:
                self._lists.append(connection)

        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    def _read(self, connection: sqlite3.Connection, statement: Statement, arguments: dict[str, Any]) -> list[Row]:
        compiled = statement.sqlite
        with sqlite_trouble:
            return connection.execute(compiled.text, compiled.arguments(arguments)).fetchall()

    # ------------------------------------------------------------------ the cold road

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqliteTx]:
        async with self._turn:
            tx = SqliteTx(self)
            with sqlite_trouble:
                try:
                    await self._on_thread(self._begin)
                    yield tx
                    await self._on_thread(self._finish, tx.events)
                except BaseException:
                    await self._on_thread(self._rollback)
                    raise
        for ring in tx.rings:
            self.bus.ring(*ring)
        if tx.events:
            self.bus.ring(FEED_TOPIC, "")

    def _begin(self) -> None:
        self._writer.execute("BEGIN IMMEDIATE")

    def _rollback(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    # ------------------------------------------------------------------ the hot road

    async def commit(self, batch: Sequence[Write], lane: int) -> list[Write]:
        async with self._turn:
            stale, events = await self._on_thread(self._commit, batch)
        if events:
            self.bus.ring(FEED_TOPIC, "")
        return stale

    def _commit(self, batch: Sequence[Write]) -> tuple[list[Write], int]:
        try:
            self._begin()
            good, stale = self._fenced(batch)
            events = [event for write in good for event in write.events]
            appended = [one for write in good for one in write.appended]
            self._put(appended, [(write.station_id, one) for write in good for one in write.changed])
            self._finish(events)
        except BaseException:
            self._rollback()
            raise
        return stale, len(events)

    async def store(self, rows: Sequence[Appended], changes: Sequence[Changed]) -> None:
        async with self._turn:
            await self._on_thread(self._store, rows, changes)

    def _store(self, rows: Sequence[Appended], changes: Sequence[Changed]) -> None:
        try:
            self._begin()
            self._put(rows, [(one[0], one) for one in changes])
            self._finish(())
        except BaseException:
            self._rollback()
            raise

    def _put(self, rows: Sequence[Appended], changes: Sequence[tuple[Hashable, Changed]]) -> None:
        """Rows of a table, and runs of a statement, each in one go."""
        for target, records in by_table(rows).items():
            self._writer.executemany(target.sqlite, records)
        for statement, arguments in runs(changes):
            compiled = statement.sqlite
            self._writer.executemany(compiled.text, [compiled.arguments(one) for one in arguments])

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
        """Number the events after the newest ones of their tenants, and commit."""
        newest: dict[int, int] = {}
        rows = []
        for event in events:
            if event.tenant_id not in newest:
                newest[event.tenant_id] = self._writer.execute(_NEWEST, (event.tenant_id,)).fetchone()[0]
            newest[event.tenant_id] += 1
            rows.append((event.tenant_id, newest[event.tenant_id], *event[1:]))
        self._writer.executemany(_FEED, rows)
        self._writer.execute("COMMIT")

    # ------------------------------------------------------------------ claims and ids

    async def claim(self, station_ids: Sequence[int]) -> list[Claim]:
        async with self._turn:  # the commit in flight has landed before anybody loads the station's state
            generations = {station_id: self._generation(station_id) for station_id in station_ids}
            claims = {
                station_id: Claim(self._epochs.get(station_id, 0) + 1, generation)
                for station_id, generation in generations.items()
                if generation is not None
            }
            self._epochs.update({station_id: claim.epoch for station_id, claim in claims.items()})
        return [claims.pop(station_id, NO_CLAIM) for station_id in reversed(station_ids)][::-1]

    async def held(self, station_id: int) -> Claim | None:
        generation = self._generation(station_id)
        return None if generation is None else Claim(self._epochs.get(station_id, 0), generation)

    def _generation(self, station_id: int) -> int | None:
        with sqlite_trouble:
            row = self._reader.execute(_GENERATION, (station_id,)).fetchone()
        return None if row is None else int(row[0])

    async def block(self, name: str, size: int) -> int:
        async with self._turn:
            with sqlite_trouble:
                row = await self._on_thread(lambda: self._writer.execute(_BLOCK, (name, size)).fetchone())
        return int(row[0]) - size + 1

    def is_bad_data(self, error: BaseException) -> bool:
        return not sqlite_is_gone(error)


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

    async def fetch_each(self, changes: Sequence[Changed]) -> list[list[Row]]:
        def work() -> list[list[Row]]:
            return [
                self._db._writer.execute(statement.sqlite.text, statement.sqlite.arguments(given)).fetchall()
                for statement, given in changes
            ]

        return await self._db._on_thread(work)

    async def execute(self, statement: Statement, **arguments: Any) -> None:
        await self.fetch(statement, **arguments)

    async def execute_all(self, changes: Sequence[Changed]) -> None:
        await self._db._on_thread(self._db._put, (), [(None, one) for one in changes])

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def ring(self, topic: str, key: str) -> None:
        self.rings.append(Ring(topic, key))
