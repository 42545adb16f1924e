"""The limit of a site at a moment: of all that is active the lowest, each on its ramp."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

from ohmstead.domain.profiles import SECOND


class SiteLimit(Struct, frozen=True, kw_only=True):
    """At most `limit_w` from `start` (None: always) until `end` (None: for ever), reached on a ramp of `ramp_s` seconds
    from what was allowed before."""

    id: int
    limit_w: float
    start: int | None = None
    end: int | None = None
    ramp_s: int = 0
    priority: int = 0
    name: str = ""

    def active(self, now: int) -> bool:
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


class Effective(NamedTuple):
    """`source` is the entry that binds; None: the site's own limit. `until` is when it will be another."""

    limit_w: float | None
    source: SiteLimit | None
    until: int | None


def effective(own_w: float | None, limits: Iterable[SiteLimit], now: int, most_w: float | None = None) -> Effective:
    """The limit at `now`. `own_w` is the site's own, `most_w` what it can draw at all: where a ramp begins."""
    limits = list(limits)
    found = [(_on_ramp(one, now, own_w if own_w is not None else most_w), one) for one in limits if one.active(now)]
    lowest, source = min(found, key=lambda one: one[0], default=(None, None))
    if lowest is None or (own_w is not None and own_w <= lowest):
        lowest, source = own_w, None
    changes = [at for one in limits for at in (one.start, one.end) if at is not None and at > now]
    return Effective(lowest, source, min(changes, default=None))


def _on_ramp(one: SiteLimit, now: int, begins_w: float | None) -> float:
    if one.start is None or not one.ramp_s or begins_w is None or begins_w <= one.limit_w:
        return one.limit_w
    part = min(1.0, (now - one.start) / (one.ramp_s * SECOND))
    return begins_w + (one.limit_w - begins_w) * part
