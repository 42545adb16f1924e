"""One connection of PostgreSQL for group commits: the fence, the rows, and whether a lost commit was stored.

The fence: a commit first reads its stations' session rows FOR SHARE, ordered by number, and drops the writes whose
epoch or generation is not the row's. A claim updates those rows in the same order, so it waits for the commit in
flight, and the new session loads its state only after that.

A connection that dies while it commits leaves a doubt: stored, or not? Each batch therefore adds a row of its own to
`commits`, in the same transaction. The batch that is tried again tries to add the same row: it waits for an earlier
try that still runs, and finds its row when that one was stored (docs/adr/0005-uncertain-commits.md).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg

from ohmstead import runtime
from ohmstead.store.blame import postgres_is_gone
from ohmstead.store.bulk import Appended, Changed, by_table, runs
from ohmstead.store.db import Event, Write

PATIENCE = 20.0
"""Seconds after which a statement of a commit counts as lost."""
# a try of ours that died on the way lets go of its locks before we give up on the next one
SETTINGS = {"idle_in_transaction_session_timeout": "10s"}
_MARK = (
    "WITH former AS (DELETE FROM commits WHERE id = $2)"
    " INSERT INTO commits (id, at) VALUES ($1, $3) ON CONFLICT DO NOTHING RETURNING id"
)
_FENCE = (
    "SELECT station_id, epoch, generation FROM sessions WHERE station_id = ANY($1::bigint[])"
    " ORDER BY station_id FOR SHARE"
)
_OUTBOX = ("tenant_id", "type", "subject", "at", "data")


class Lane:
    """Stores one batch at a time. A batch is tried again by giving the same object again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Any = None
        self._batch: Sequence[Write] | None = None
        self._mark = secrets.randbits(62)
        self._former: int | None = None
        self._stale: list[Write] = []

    async def commit(self, batch: Sequence[Write]) -> list[Write]:
        """Store the batch, once however often it is tried; the stale writes, which were not stored, come back."""
        if batch is not self._batch:
            self._batch, self._mark = batch, self._mark + 1
        try:
            connection = await self._connected()
            async with connection.transaction():
                if await connection.fetchval(_MARK, self._mark, self._former, runtime.now()) is not None:
                    self._stale = await _put_batch(connection, batch)
        except BaseException as error:
            if not isinstance(error, Exception) or postgres_is_gone(error):
                self._drop()
            raise
        self._batch, self._former = None, self._mark
        return self._stale

    async def _connected(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._url, statement_cache_size=400, command_timeout=PATIENCE, server_settings=SETTINGS
            )
        return self._connection

    def _drop(self) -> None:
        """The next try gets a new connection: who knows what this one is still about."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        if self._connection is not None:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._connection.execute("DELETE FROM commits WHERE id = $1", self._former)
                await self._connection.close(timeout=2)
            self._drop()


async def _put_batch(connection: Any, batch: Sequence[Write]) -> list[Write]:
    good, stale = await _fenced(connection, batch)
    appended = [one for write in good for one in write.appended]
    await put(connection, appended, [(write.station_id, one) for write in good for one in write.changed])
    await put_out(connection, [event for write in good for event in write.events])
    return stale


async def _fenced(connection: Any, batch: Sequence[Write]) -> tuple[list[Write], list[Write]]:
    rows = await connection.fetch(_FENCE, list({write.station_id for write in batch}))
    current = {row[0]: (row[1], row[2]) for row in rows}
    good: list[Write] = []
    stale: list[Write] = []
    for write in batch:
        (good if current.get(write.station_id) == (write.epoch, write.generation) else stale).append(write)
    return good, stale


async def put(connection: Any, rows: Sequence[Appended], changes: Sequence[tuple[Any, Changed]]) -> None:
    """Rows of a table by COPY, and runs of a statement in one pipeline."""
    for target, records in by_table(rows).items():
        await connection.copy_records_to_table(target.table, records=records, columns=target.columns)
    for statement, arguments in runs(changes):
        compiled = statement.postgres
        await connection.executemany(compiled.text, [compiled.arguments(one) for one in arguments])


async def put_out(connection: Any, events: Sequence[Event]) -> None:
    """Events wait in the outbox for the clerk, who numbers them."""
    if events:
        await connection.copy_records_to_table("outbox", records=events, columns=_OUTBOX)
