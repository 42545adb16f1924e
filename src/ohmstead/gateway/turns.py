"""Permits that are given out in turn: round the keys that wait, not round the waiters.

A station that knocks a hundred times while thousands wait has one place in the round, as every other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """`permits` at a time: `async with turns.of(key): ...`."""

    def __init__(self, permits: int) -> None:
        self._free = permits
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """Key -> who waits; the first key is the next one whose turn it is."""

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        if self._free and not self._waiting:
            self._free -= 1
        else:
            await self._wait(key)
        try:
            yield
        finally:
            self._free += 1
            self._next()

    async def _wait(self, key: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the permit came in the same moment
                self._free += 1
                self._next()
            raise

    def _next(self) -> None:
        while self._free and self._waiting:
            key = next(iter(self._waiting))
            queue = self._waiting.pop(key)
            turn = queue.popleft()
            if queue:
                self._waiting[key] = queue  # at the end of the round
            if not turn.done():
                self._free -= 1
                turn.set_result(None)
