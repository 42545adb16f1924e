"""The limit of a site at a moment, in W and in A per phase: of all that is active the lowest, each on its ramp. Of
demand response events that overlap only those with the highest priority count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

from ohmstead.domain.allocation import Phases
from ohmstead.domain.profiles import SECOND


class SiteLimit(Struct, frozen=True, kw_only=True):
    """At most `limit_w`, or `limit_a` per phase, from `start` (None: always) until `end` (None: for ever), reached on a
    ramp of `ramp_s` seconds from what was allowed before."""

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
    limit_a: Phases | None = None

    def active(self, now: int) -> bool:
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


class Effective(NamedTuple):
    """`source` is the entry that binds; None: the site's own limit. `until` is when it will be another."""

    limit_w: float | None
    source: SiteLimit | None
    until: int | None


def effective(own_w: float | None, limits: Iterable[SiteLimit], now: int, most_w: float | None = None) -> Effective:
    """The limit in W at `now`; entries in A have none. `own_w` is the site's own, `most_w` what it can draw at all:
    where a ramp begins."""
    limits, begins = list(limits), own_w if own_w is not None else most_w
    found = [(on_ramp(one, now, begins), one) for one in _counting(limits, now) if one.limit_a is None]
    lowest, source = min(found, key=lambda one: one[0], default=(None, None))
    if lowest is None or (own_w is not None and own_w <= lowest):
        lowest, source = own_w, None
    changes = [at for one in limits for at in (one.start, one.end) if at is not None and at > now]
    return Effective(lowest, source, min(changes, default=None))


def effective_a(own_a: Phases | None, limits: Iterable[SiteLimit], now: int) -> Phases | None:
    """The limit of each phase at `now`, in A: of the site's own and of all that are active the lowest, each on its ramp
    from the site's own. None: no phase has one."""
    found = [] if own_a is None else [own_a]
    for one in limits:
        if one.limit_a is not None and one.active(now):
            begins = (None,) * 3 if own_a is None else own_a
            found.append(tuple(_ramped(one, now, to, begin) for to, begin in zip(one.limit_a, begins, strict=True)))  # type: ignore[arg-type]
    return (min(a for a, _, _ in found), min(b for _, b, _ in found), min(c for _, _, c in found)) if found else None


def _counting(limits: Iterable[SiteLimit], now: int) -> list[SiteLimit]:
    active = [one for one in limits if one.active(now)]
    highest = max((one.priority for one in active if one.is_event), default=0)
    return [one for one in active if not one.is_event or one.priority == highest]


def on_ramp(one: SiteLimit, now: int, allowed_w: float | None) -> float:
    """What one limit allows at `now`, where `allowed_w` was allowed before."""
    return _ramped(one, now, one.limit_w, allowed_w if one.ramp_from_w is None else one.ramp_from_w)


def _ramped(one: SiteLimit, now: int, to: float, begins: float | None) -> float:
    """From `begins` (None: there is no ramp) to `to`."""
    if one.start is None or not one.ramp_s or begins is None or begins <= to:
        return to
    part = min(1.0, (now - one.start) / (one.ramp_s * SECOND))
    return begins + (to - begins) * part
