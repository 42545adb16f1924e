"""The group commit: take all that queued while the last commit ran, store it in one transaction, answer.

No timer: under load a commit of many stations forms by itself, and a lone write does not wait. A batch that is refused
for its data is halved until the bad write stands alone and fails alone; one that is refused for any other reason
(connection, disk, lock) waits, backs off, and answers nobody until it is through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from ohmstead import runtime
from ohmstead.store.db import DatabaseGone, Db, Stale, Write

FIRST_WAIT, LONGEST_WAIT = 0.05, 2.0
"""Seconds between two tries while the database is in trouble."""


class Writer:
    """One lane to the database; stations are spread over the lanes, a station always takes the same one."""

    def __init__(self, db: Db, lane: int) -> None:
        self._db, self._lane = db, lane
        self._queue: list[Write] = []
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self.commits, self.seconds = 0, 0.0
        """Group commits that got through, and the time they took."""

    @property
    def waiting(self) -> int:
        """Writes that wait for the next group commit."""
        return len(self._queue)

    def start(self) -> None:
        self._task = runtime.spawn(self._run(), f"writer-{self._lane}")

    async def close(self) -> None:
        """Store what is queued, then end. While the database is in trouble nothing is waited for: the writes fail with
        DatabaseGone, and nobody was told that they were stored."""
        self._closing.set()
        self._wake.set()
        await self._task

    def put(self, write: Write) -> asyncio.Future[None]:
        """Done when the write is on disk; Stale when its session is not current; else the error of its data."""
        write.done = asyncio.get_running_loop().create_future()
        self._queue.append(write)
        self._wake.set()
        return write.done

    async def _run(self) -> None:
        while self._queue or not self._closing.is_set():
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(0)  # let every socket that is ready add its write
            batch, self._queue = self._queue, []
            if batch:
                await self._store(batch)

    async def _store(self, batch: Sequence[Write]) -> None:
        wait = FIRST_WAIT
        while True:
            began = runtime.monotonic()
            try:
                stale = await self._db.commit(batch, self._lane)
            except Exception as error:
                if self._db.is_bad_data(error):
                    return await self._halve(batch, error)
                self._db.trouble = f"{type(error).__name__}: {error}"
                runtime.log.error("database does not take writes", error=self._db.trouble, waiting=len(batch))
                if self._closing.is_set():
                    return _fail(batch, DatabaseGone(self._db.trouble))
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._closing.wait()
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            self._db.trouble = None
            self.commits += 1
            self.seconds += runtime.monotonic() - began
            return self._settle(batch, stale)

    async def _halve(self, batch: Sequence[Write], error: Exception) -> None:
        if len(batch) == 1:
            runtime.log.error("a write failed for its data", station=batch[0].station_id, error=repr(error))
            return _fail(batch, error)
        middle = len(batch) // 2
        await self._store(batch[:middle])
        await self._store(batch[middle:])

    def _settle(self, batch: Sequence[Write], stale: Sequence[Write]) -> None:
        lost = set(map(id, stale))
        for write in batch:
            if id(write) in lost:
                _fail([write], Stale(f"station {write.station_id}"))
                continue
            if write.done is not None and not write.done.done():
                write.done.set_result(None)
            for bell in write.rings:
                self._db.bus.ring(*bell)


def _fail(batch: Sequence[Write], error: Exception) -> None:
    for write in batch:
        if write.done is not None and not write.done.done():
            write.done.set_exception(error)
