"""Numbers for rows, handed out in blocks per node so that no row waits for the database to number it."""

from __future__ import annotations

import asyncio

from ohmstead.store.db import Db

FRAMES = "frames"
"""Ledger and message log share one counter, so that both can be shown in one order."""
TRANSACTIONS = "transactions"
TRANSACTIONS_16 = "transactions_1.6"
"""The integer ids that 1.6 stations are given; they stay below 2**31."""
ROWS = "rows"
"""All tables that grow slowly."""


class Ids:
    """One counter's numbers on this node; gaps are normal (a restart drops the rest of a block)."""

    __slots__ = ("_db", "_end", "_name", "_next", "_refill", "_size")

    def __init__(self, db: Db, name: str, size: int = 1000) -> None:
        self._db, self._name, self._size = db, name, size
        self._next = self._end = 0
        self._refill = asyncio.Lock()

    async def take(self) -> int:
        """The next number, from 1 on."""
        while self._next >= self._end:
            async with self._refill:  # one block for all who wait
                if self._next >= self._end:
                    first = await self._db.block(self._name, self._size)
                    self._next, self._end = first, first + self._size
        self._next += 1
        return self._next - 1
