"""PostgreSQL through asyncpg: COPY and executemany in group commits, several lanes, a clerk who numbers the feed.

The fence: a commit first reads its stations' session rows FOR SHARE, ordered by number, and drops the writes
whose epoch or generation is not the row's. A claim updates those rows in the same order, so it waits for the commit in
flight, and the new session loads its state only after that.

The feed: a commit writes its events into `outbox`; one clerk at a time moves them, numbered, into `feed`: numbers are
dense and no writer queues behind another's fsync for a counter row (docs/adr/0002-the-feed-is-dense.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from ohmstead import runtime
from ohmstead.bus import Bus
from ohmstead.store.db import FEED_TOPIC, Claim, DatabaseGone, Event, Ring, Row, Write
from ohmstead.store.statement import Append, Statement

LANES = 2
CLERK_INTERVAL = 0.05
CLERK_LOCK = 0x0_4D5  # any number, the same on all nodes

BAD_DATA = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.CharacterNotInRepertoireError,
    OverflowError,
    UnicodeEncodeError,
    ValueError,
    TypeError,
)
GONE = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.CannotConnectNowError, TimeoutError)

_FENCE = (
    "SELECT station_id, epoch, generation FROM sessions WHERE station_id = ANY($1::bigint[])"
    " ORDER BY station_id FOR SHARE"
)
_CLAIM = (
    "UPDATE sessions SET epoch = sessions.epoch + 1, node = $2 FROM"
    " (SELECT station_id FROM sessions WHERE station_id = ANY($1::bigint[]) ORDER BY station_id FOR UPDATE) AS wanted"
    " WHERE sessions.station_id = wanted.station_id RETURNING sessions.station_id, sessions.epoch, sessions.generation"
)
_HELD = "SELECT epoch, generation FROM sessions WHERE station_id = $1 AND node = $2"
_BLOCK = (
    "INSERT INTO counters (tenant_id, name, n) VALUES (0, $1, $2)"
    " ON CONFLICT (tenant_id, name) DO UPDATE SET n = counters.n + excluded.n RETURNING n"
)
_NUMBER = """
WITH gone AS (DELETE FROM outbox RETURNING *),
     ordered AS (SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS place FROM gone),
     total AS (SELECT tenant_id, count(*) AS many FROM gone GROUP BY tenant_id),
     counted AS (INSERT INTO counters (tenant_id, name, n) SELECT tenant_id, 'feed', many FROM total
                 ON CONFLICT (tenant_id, name) DO UPDATE SET n = counters.n + excluded.n RETURNING tenant_id, n)
INSERT INTO feed (tenant_id, sequence, type, subject, at, data)
SELECT o.tenant_id, c.n - t.many + o.place, o.type, o.subject, o.at, o.data
FROM ordered o JOIN counted c USING (tenant_id) JOIN total t USING (tenant_id)
"""
_OUTBOX = ("tenant_id", "type", "subject", "at", "data")


class Postgres:
    """`Db` on PostgreSQL; `url` is any libpq URL."""

    name = "postgresql"

    def __init__(self, url: str, bus: Bus, node: str = "node") -> None:
        self.url, self.bus, self.node = url, bus, node
        self.trouble: str | None = None
        self._lanes: list[Any] = [None] * LANES

    async def start(self) -> None:
        try:
            self._pool = await asyncpg.create_pool(self.url, min_size=1, max_size=8, command_timeout=30)
        except GONE as error:
            raise DatabaseGone(f"PostgreSQL: {error}") from error
        self._clerk = runtime.spawn(self._number_events(), "feed-clerk")

    async def close(self) -> None:
        self._clerk.cancel()
        await asyncio.gather(self._clerk, return_exceptions=True)
        for connection in self._lanes:
            if connection is not None:
                await connection.close()
        await self._pool.close()

    # ------------------------------------------------------------------ reading

    async def fetch(self, statement: Statement, **arguments: Any) -> list[Row]:
        compiled = statement.postgres
        try:
            rows: list[Row] = await self._pool.fetch(compiled.text, *compiled.arguments(arguments))
        except GONE as error:
            raise DatabaseGone(f"PostgreSQL: {error}") from error
        return rows

    async def fetch_many(self, statement: Statement, **arguments: Any) -> list[Row]:
        return await self.fetch(statement, **arguments)

    # ------------------------------------------------------------------ the cold road

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTx]:
        try:
            connection = await self._pool.acquire()
        except GONE as error:
            raise DatabaseGone(f"PostgreSQL: {error}") from error
        try:
            async with connection.transaction():
                tx = PostgresTx(connection)
                yield tx
                await _put_out(connection, tx.events)
        finally:
            await self._pool.release(connection)
        for ring in tx.rings:
            self.bus.ring(*ring)

    # ------------------------------------------------------------------ the hot road

    async def commit(self, batch: Sequence[Write], lane: int) -> list[Write]:
        connection = self._lanes[lane]
        if connection is None or connection.is_closed():
            connection = self._lanes[lane] = await asyncpg.connect(self.url, statement_cache_size=400)
        async with connection.transaction():
            good, stale = await _fenced(connection, batch)
            appended = [one for write in good for one in write.appended]
            await _put(connection, appended, [one for write in good for one in write.changed])
            await _put_out(connection, [event for write in good for event in write.events])
        return stale

    async def store(
        self,
        rows: Sequence[tuple[Append, tuple[Any, ...]]],
        changes: Sequence[tuple[Statement, dict[str, Any]]],
    ) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await _put(connection, rows, changes)

    # ------------------------------------------------------------------ claims, ids, the clerk

    async def claim(self, station_ids: Sequence[int]) -> list[Claim]:
        try:
            rows = await self._pool.fetch(_CLAIM, list(station_ids), self.node)
        except GONE as error:
            raise DatabaseGone(f"PostgreSQL: {error}") from error
        claims = {row[0]: Claim(row[1], row[2]) for row in rows}
        return [claims.get(station_id, Claim(-1, -1)) for station_id in station_ids]

    async def held(self, station_id: int) -> Claim | None:
        try:
            row = await self._pool.fetchrow(_HELD, station_id, self.node)
        except GONE as error:
            raise DatabaseGone(f"PostgreSQL: {error}") from error
        return Claim(*row) if row else None

    async def block(self, name: str, size: int) -> int:
        try:
            return int(await self._pool.fetchval(_BLOCK, name, size)) - size + 1
        except GONE as error:
            raise DatabaseGone(f"PostgreSQL: {error}") from error

    async def _number_events(self) -> None:
        """Every 50 ms, on one node at a time: give the events that were committed their numbers."""
        while True:
            await asyncio.sleep(CLERK_INTERVAL)
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", CLERK_LOCK):
                        continue
                    moved = await connection.execute(_NUMBER)
            except GONE as error:
                runtime.log.warning("the feed waits for the database", error=str(error))
                await asyncio.sleep(1)
                continue
            if not moved.endswith(" 0"):
                self.bus.ring(FEED_TOPIC, "")

    def is_bad_data(self, error: BaseException) -> bool:
        return isinstance(error, BAD_DATA) and not isinstance(error, GONE)


async def _fenced(connection: Any, batch: Sequence[Write]) -> tuple[list[Write], list[Write]]:
    rows = await connection.fetch(_FENCE, list({write.station_id for write in batch}))
    current = {row[0]: (row[1], row[2]) for row in rows}
    good: list[Write] = []
    stale: list[Write] = []
    for write in batch:
        (good if current.get(write.station_id) == (write.epoch, write.generation) else stale).append(write)
    return good, stale


async def _put(connection: Any, rows: Any, changes: Any) -> None:
    """Rows of a table by COPY, and runs of a statement in one pipeline."""
    tables: dict[Append, list[tuple[Any, ...]]] = {}
    texts: dict[str, list[tuple[Any, ...]]] = {}
    for append, row in rows:
        tables.setdefault(append, []).append(row)
    for statement, arguments in changes:
        compiled = statement.postgres
        texts.setdefault(compiled.text, []).append(compiled.arguments(arguments))
    for target, records in tables.items():
        await connection.copy_records_to_table(target.table, records=records, columns=target.columns)
    for text, records in texts.items():
        await connection.executemany(text, records)


async def _put_out(connection: Any, events: Sequence[Event]) -> None:
    if events:
        await connection.copy_records_to_table("outbox", records=events, columns=_OUTBOX)


class PostgresTx:
    """`Tx` on PostgreSQL."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.events: list[Event] = []
        self.rings: list[Ring] = []

    async def fetch(self, statement: Statement, **arguments: Any) -> list[Row]:
        compiled = statement.postgres
        rows: list[Row] = await self._connection.fetch(compiled.text, *compiled.arguments(arguments))
        return rows

    async def execute(self, statement: Statement, **arguments: Any) -> None:
        await self.fetch(statement, **arguments)

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def ring(self, topic: str, key: str) -> None:
        self.rings.append(Ring(topic, key))
