"""PostgreSQL through asyncpg: group commits over several lanes (store/lane.py), a pool for all else, and a clerk who
numbers the feed.

The feed: a commit writes its events into `outbox`; one clerk at a time moves them, numbered, into `feed`: numbers are
dense and no writer queues behind another's fsync for a counter row (docs/adr/0002-commit-then-answer.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from ohmstead import runtime
from ohmstead.bus import Bus
from ohmstead.store.blame import postgres_is_gone, postgres_trouble
from ohmstead.store.bulk import Appended, Changed
from ohmstead.store.db import FEED_TOPIC, NO_CLAIM, Claim, DatabaseGone, Event, Ring, Row, Write
from ohmstead.store.lane import Lane, put, put_out
from ohmstead.store.statement import Statement

LANES = 2
CONNECTIONS, TRANSACTIONS = 10, 7
"""Of the pool, and how many of them may be in transactions at once: who reads beside a transaction of its own must find
one that is free, or as many requests as there are connections would wait for each other for ever."""
CLERK_INTERVAL = 0.05
CLERK_WAITS = 1.0
"""Seconds before the clerk tries again when the database is in trouble."""
CLERK_LOCK = 0x0_4D5  # any number, the same on all nodes

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
_NUMBER = f"""
WITH gone AS (DELETE FROM outbox WHERE (SELECT pg_try_advisory_xact_lock({CLERK_LOCK})) RETURNING *),
     ordered AS (SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS place FROM gone),
     total AS (SELECT tenant_id, count(*) AS many FROM gone GROUP BY tenant_id),
     counted AS (INSERT INTO counters (tenant_id, name, n) SELECT tenant_id, 'feed', many FROM total
                 ON CONFLICT (tenant_id, name) DO UPDATE SET n = counters.n + excluded.n RETURNING tenant_id, n)
INSERT INTO feed (tenant_id, sequence, type, subject, at, data)
SELECT o.tenant_id, c.n - t.many + o.place, o.type, o.subject, o.at, o.data
FROM ordered o JOIN counted c USING (tenant_id) JOIN total t USING (tenant_id)
"""


async def _as_it_was(connection: Any) -> None:
    """Nothing to reset: no user of the pool changes its session, and each reset would be one more round trip."""


class Postgres:
    """`Db` on PostgreSQL; `url` is any libpq URL."""

    name = "postgresql"

    def __init__(self, url: str, bus: Bus, node: str = "node") -> None:
        self.url, self.bus, self.node = url, bus, node
        self.trouble: str | None = None
        self._lanes = [Lane(url) for _ in range(LANES)]
        self._opened: Any = None
        self._few = asyncio.Semaphore(TRANSACTIONS)

    @property
    def _pool(self) -> Any:
        if self._opened is None:
            raise DatabaseGone("PostgreSQL: not connected yet")
        return self._opened

    async def start(self) -> None:
        with postgres_trouble:
            self._opened = await asyncpg.create_pool(
                self.url, min_size=1, max_size=CONNECTIONS, command_timeout=30, reset=_as_it_was
            )
        self._clerk = runtime.spawn(self._number_events(), "feed-clerk")

    async def close(self) -> None:
        await runtime.end(self._clerk)
        for lane in self._lanes:
            await lane.close()
        try:
            async with asyncio.timeout(5):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    # ------------------------------------------------------------------ reading

    async def fetch(self, statement: Statement, **arguments: Any) -> list[Row]:
        compiled = statement.postgres
        with postgres_trouble:
            rows: list[Row] = await self._pool.fetch(compiled.text, *compiled.arguments(arguments))
        return rows

    async def fetch_many(self, statement: Statement, **arguments: Any) -> list[Row]:
        return await self.fetch(statement, **arguments)

    # ------------------------------------------------------------------ the cold road

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PostgresTx]:
        with postgres_trouble:
            async with self._few, self._pool.acquire() as connection, connection.transaction():
                tx = PostgresTx(connection)
                yield tx
                await put_out(connection, tx.events)
        for ring in tx.rings:
            self.bus.ring(*ring)

    # ------------------------------------------------------------------ the hot road

    async def commit(self, batch: Sequence[Write], lane: int) -> list[Write]:
        return await self._lanes[lane].commit(batch)

    async def store(self, rows: Sequence[Appended], changes: Sequence[Changed]) -> None:
        async with self._few, self._pool.acquire() as connection, connection.transaction():
            await put(connection, rows, [(one[0], one) for one in changes])

    # ------------------------------------------------------------------ claims, ids, the clerk

    async def claim(self, station_ids: Sequence[int]) -> list[Claim]:
        with postgres_trouble:
            rows = await self._pool.fetch(_CLAIM, list(station_ids), self.node)
        claims = {row[0]: Claim(row[1], row[2]) for row in rows}
        return [claims.pop(station_id, NO_CLAIM) for station_id in reversed(station_ids)][::-1]

    async def held(self, station_id: int) -> Claim | None:
        with postgres_trouble:
            row = await self._pool.fetchrow(_HELD, station_id, self.node)
        return Claim(*row) if row else None

    async def block(self, name: str, size: int) -> int:
        with postgres_trouble:
            return int(await self._pool.fetchval(_BLOCK, name, size)) - size + 1

    async def _number_events(self) -> None:
        """Every 50 ms, on one node at a time: give the events that were committed their numbers."""
        while True:
            await asyncio.sleep(CLERK_INTERVAL)
            try:
                moved = await self._pool.execute(_NUMBER)
            except Exception as error:
                runtime.log.warning("the feed waits for the database", error=repr(error))
                await asyncio.sleep(CLERK_WAITS)
                continue
            if not moved.endswith(" 0"):
                self.bus.ring(FEED_TOPIC, "")

    def is_bad_data(self, error: BaseException) -> bool:
        return not postgres_is_gone(error)


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

    async def fetch_each(self, changes: Sequence[Changed]) -> list[list[Row]]:
        return [await self.fetch(statement, **given) for statement, given in changes]

    async def execute(self, statement: Statement, **arguments: Any) -> None:
        await self.fetch(statement, **arguments)

    async def execute_all(self, changes: Sequence[Changed]) -> None:
        await put(self._connection, (), [(None, one) for one in changes])

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def ring(self, topic: str, key: str) -> None:
        self.rings.append(Ring(topic, key))
