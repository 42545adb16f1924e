"""How many requests a key may make: one token bucket per key, in memory of this process."""

from __future__ import annotations

import math
from typing import NamedTuple

from ohmstead import runtime

BURST = 1000
PER_SECOND = 200.0


class Bucket:
    """Fills with `per_second` up to `burst`."""

    __slots__ = ("at", "level")

    def __init__(self, burst: float) -> None:
        self.level = burst
        self.at = runtime.monotonic()


class Taken(NamedTuple):
    """What a request found in its bucket."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    """Seconds until the bucket is full again; for a refused one, until the next request can be made."""

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }


class Limiter:
    """Buckets by name."""

    def __init__(self, burst: int = BURST, per_second: float = PER_SECOND) -> None:
        self._burst, self._per_second = burst, per_second
        self._buckets: dict[str, Bucket] = {}

    def take(self, name: str) -> Taken:
        """Take a token for one request of `name`."""
        now = runtime.monotonic()
        bucket = self._buckets.get(name)
        if bucket is None:
            self._forget_full(now)
            bucket = self._buckets[name] = Bucket(self._burst)
        bucket.level = min(self._burst, bucket.level + (now - bucket.at) * self._per_second)
        bucket.at = now
        allowed = bucket.level >= 1
        if allowed:
            bucket.level -= 1
        missing = self._burst - bucket.level if allowed else 1 - bucket.level
        return Taken(allowed, self._burst, int(bucket.level), math.ceil(missing / self._per_second))

    def _forget_full(self, now: float) -> None:
        """Buckets that are full again need no memory; looked at only when there are many."""
        if len(self._buckets) >= 10_000:
            age = self._burst / self._per_second
            self._buckets = {name: bucket for name, bucket in self._buckets.items() if now - bucket.at < age}
