"""An issuer that is not asked faster than agreed."""

from __future__ import annotations

from ohmstead import runtime
from ohmstead.pki.issuer import Closes, Issued, Issuer, Order

BURST = 60.0
"""Seconds of pace that may be saved up."""


class Paced:
    """An issuer with a pace. Requests beyond it stay in the queue."""

    def __init__(self, issuer: Issuer, per_minute: int) -> None:
        self.name = issuer.name
        self.inner, self._per_second = issuer, per_minute / 60
        self._room, self._at = BURST * self._per_second, runtime.monotonic()

    def may_begin(self) -> bool:
        now, most = runtime.monotonic(), BURST * self._per_second
        self._room, self._at = min(most, self._room + (now - self._at) * self._per_second), now
        if self._room < 1:
            return False
        self._room -= 1
        return True

    async def issue(self, order: Order) -> Issued:
        return await self.inner.issue(order)

    async def close(self) -> None:
        if isinstance(self.inner, Closes):
            await self.inner.close()
