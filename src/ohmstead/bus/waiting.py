"""Rings that the other processes have still to be told of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

MOST = 100_000
"""Rings that wait for a way; what comes on top is lost, as a ring may be: who waits looks by itself."""


class Waiting:
    def __init__(self) -> None:
        self._rings: set[tuple[str, str]] = set()
        self._woken = asyncio.Event()

    def add(self, topic: str, key: str) -> None:
        if len(self._rings) < MOST:
            self._rings.add((topic, key))
        self._woken.set()

    def wake(self) -> None:
        """Let the one who waits look: something changed."""
        self._woken.set()

    async def until_woken(self) -> None:
        await self._woken.wait()
        self._woken.clear()

    @contextmanager
    def taken(self) -> Iterator[list[tuple[str, str]]]:
        """Those that wait, sorted. They wait again if telling them fails."""
        rings, self._rings = self._rings, set()
        try:
            yield sorted(rings)
        except BaseException:
            self._rings |= rings
            self._woken.set()
            raise
