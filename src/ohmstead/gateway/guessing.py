"""Guessing passwords is made slow: wrong ones are counted by address, and by address and identity.

Who guessed too often is refused unheard until the count has sunk again. A right password from elsewhere always works,
and so does a station that came in from the same address before: many stations may share the address of one router.
"""

from __future__ import annotations

import math
from ipaddress import IPv6Address

from ohmstead import runtime

PER_PAIR, PER_ADDRESS = 20, 200
"""Wrong passwords in a minute."""
MINUTE = 60.0
MOST = 100_000
"""Counts, and stations that came in, that are remembered."""


class Guesses:
    """The wrong passwords of this process."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str | None], tuple[float, float]] = {}
        """(address, identity, or None for all) -> (wrong ones, as of when); they sink with time."""
        self._good: dict[tuple[str, str], None] = {}

    def locked(self, peer: str, identity: str) -> int | None:
        """How many seconds this identity must not try from this address; None: it may."""
        address = _address(peer)
        wait = self._over((address, identity), PER_PAIR)
        if (address, identity) not in self._good:
            wait = max(wait, self._over((address, None), PER_ADDRESS))
        return math.ceil(wait) if wait > 0 else None

    def wrong(self, peer: str, identity: str) -> None:
        address = _address(peer)
        self._count((address, identity), PER_PAIR)
        self._count((address, None), PER_ADDRESS)

    def right(self, peer: str, identity: str) -> None:
        pair = (_address(peer), identity)
        self._good.pop(pair, None)
        self._good[pair] = None
        if len(self._good) > MOST:
            del self._good[next(iter(self._good))]

    def _level(self, key: tuple[str, str | None], limit: int) -> float:
        level, at = self._counts.get(key, (0.0, 0.0))
        return max(0.0, level - (runtime.monotonic() - at) * limit / MINUTE)

    def _over(self, key: tuple[str, str | None], limit: int) -> float:
        return (self._level(key, limit) + 1 - limit) * MINUTE / limit

    def _count(self, key: tuple[str, str | None], limit: int) -> None:
        level = min(self._level(key, limit) + 1, limit)
        if len(self._counts) >= MOST:
            now = runtime.monotonic()
            self._counts = {one: count for one, count in self._counts.items() if now - count[1] < MINUTE}
        if len(self._counts) < MOST or key in self._counts:
            self._counts[key] = (level, runtime.monotonic())


def _address(peer: str) -> str:
    """The address of ip:port; of IPv6 the network, of which one owner has 2^64."""
    host = peer.rpartition(":")[0].strip("[]")
    if ":" not in host:
        return host
    try:
        return str(IPv6Address(int(IPv6Address(host)) >> 64 << 64))
    except ValueError:
        return host
