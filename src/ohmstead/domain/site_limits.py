"""The limit of a site at a moment: of all that is active the lowest, each on its ramp. Of demand response events that
overlap only those with the highest priority count."""

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
    ramp_from_w: float | None = None
    """Where the ramp begins; None: at what was allowed before."""
    is_event: bool = False

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
    found = [(on_ramp(one, now, own_w if own_w is not None else most_w), one) for one in _counting(limits, now)]
    lowest, source = min(found, key=lambda one: one[0], default=(None, None))
    if lowest is None or (own_w is not None and own_w <= lowest):
        lowest, source = own_w, None
    changes = [at for one in limits for at in (one.start, one.end) if at is not None and at > now]
    return Effective(lowest, source, min(changes, default=None))


def _counting(limits: Iterable[SiteLimit], now: int) -> list[SiteLimit]:
    active = [one for one in limits if one.active(now)]
    highest = max((one.priority for one in active if one.is_event), default=0)
    return [one for one in active if not one.is_event or one.priority == highest]


def on_ramp(one: SiteLimit, now: int, allowed_w: float | None) -> float:
    """What one limit allows at `now`, where `allowed_w` was allowed before."""
    begins_w = allowed_w if one.ramp_from_w is None else one.ramp_from_w
    if one.start is None or not one.ramp_s or begins_w is None or begins_w <= one.limit_w:
        return one.limit_w
    part = min(1.0, (now - one.start) / (one.ramp_s * SECOND))
    return begins_w + (one.limit_w - begins_w) * part
