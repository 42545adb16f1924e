"""Rows that no answer waits for: the log of calls that changed nothing, last seen, refusals, findings.

They go through a bounded queue and are written in bulk. What does not fit is counted and shown, never awaited; kill -9
may lose the last moments of it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ohmstead import runtime
from ohmstead.store.bulk import Appended, Changed
from ohmstead.store.db import Db
from ohmstead.store.statement import Append, Statement

INTERVAL = 0.25
"""Seconds between two bulk writes."""
MOST = 20_000
"""Rows that may wait; a second's worth of a busy node."""


class Lazy:
    """The queue and its one task."""

    def __init__(self, db: Db, most: int = MOST) -> None:
        self._db, self._most = db, most
        self._rows: list[Appended] = []
        self._changes: list[Changed] = []
        self._closing, self._writing = asyncio.Event(), asyncio.Lock()
        self.dropped = 0
        """Rows that did not fit, since the start."""

    def start(self) -> None:
        self._task = runtime.spawn(self._run(), "lazy-rows")

    async def close(self) -> None:
        self._closing.set()
        await self._task

    def append(self, rows: Append, row: tuple[Any, ...]) -> None:
        if self._fits():
            self._rows.append((rows, row))

    def execute(self, statement: Statement, **arguments: Any) -> None:
        if self._fits():
            self._changes.append((statement, arguments))

    def _fits(self) -> bool:
        if len(self._rows) + len(self._changes) < self._most:
            return True
        self.dropped += 1
        return False

    async def _run(self) -> None:
        while not self._closing.is_set():
            try:
                async with asyncio.timeout(INTERVAL):
                    await self._closing.wait()
            except TimeoutError:
                pass
            await self.flush()
        while self._rows or self._changes:  # what came while the last one ran
            await self.flush()

    async def flush(self) -> None:
        """Write what waits, after what is being written. When the database is in trouble it is dropped and counted,
        because nobody was promised anything; a row with bad data is lost alone."""
        async with self._writing:
            rows, self._rows = self._rows, []
            changes, self._changes = self._changes, []
            if rows:
                await self._store(rows, [])
            if changes:
                await self._store([], changes)

    async def _store(self, rows: list[Appended], changes: list[Changed]) -> None:
        count = len(rows) + len(changes)
        try:
            await self._db.store(rows, changes)
        except Exception as error:
            if count > 1 and self._db.is_bad_data(error):
                some, few = len(rows) // 2, len(changes) // 2
                await self._store(rows[:some], changes[:few])
                await self._store(rows[some:], changes[few:])
                return
            self.dropped += count
            runtime.log.warning("log rows were lost", rows=count, error=repr(error))
