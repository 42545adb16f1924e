"""Demand response: what each site of a portfolio may draw during an event, and what came of it.

The baseline is what a site drew on average in the 15 minutes before the event, cars and metered loads together. What is
asked of all sites is one power, whichever way it is said; each site has its part in proportion to its baseline:

    limit_w:       asked = limit_w
    shed_w:        asked = baseline - shed_w, never below 0
    shed_percent:  asked = baseline x (1 - shed_percent / 100)
    site's limit = asked x site's baseline / baseline          (evenly, where nobody drew anything)

The report has an interval for each 15 minutes: the mean of what was asked (on its ramp), the baseline, the mean of what
was measured. What was shed is the baseline less the measured power. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from ohmstead.domain.profiles import SECOND
from ohmstead.domain.site_limits import SiteLimit, on_ramp

BASELINE_S = 900
INTERVAL_S = 900
STEP_S = 60


class Target(Struct, frozen=True, kw_only=True):
    """What is asked; exactly one is given. Watts, or percent of the baseline."""

    limit_w: float | None = None
    shed_w: float | None = None
    shed_percent: float | None = None


class Share(Struct, frozen=True, kw_only=True):
    """The part of one site."""

    site_id: int
    baseline_w: float
    limit_w: float


class Reading(NamedTuple):
    """What a site drew at a moment."""

    at: int
    watts: float


class Interval(Struct, frozen=True, kw_only=True):
    """Watts of all sites that took part; `measured_w` None: nothing was measured."""

    start: int
    end: int
    asked_w: float
    baseline_w: float
    measured_w: float | None

    @property
    def shed_w(self) -> float | None:
        return None if self.measured_w is None else self.baseline_w - self.measured_w


def asked_of_all(target: Target, baseline_w: float) -> float:
    """The power that all sites together may draw."""
    if target.limit_w is not None:
        return target.limit_w
    if target.shed_w is not None:
        return max(0.0, baseline_w - target.shed_w)
    return baseline_w * (1 - (target.shed_percent or 0.0) / 100)


def spread(target: Target, baselines: Mapping[int, float]) -> list[Share]:
    """The part of each site, whose baselines are in W."""
    total = sum(baselines.values())
    asked = asked_of_all(target, total)
    even = 1 / len(baselines) if baselines else 0.0
    return [
        Share(site_id=site, baseline_w=own, limit_w=asked * (own / total if total > 0 else even))
        for site, own in baselines.items()
    ]


def mean(readings: Iterable[Reading], start: int, end: int) -> float | None:
    """The mean power in a time; None: nothing was measured in it."""
    found = [watts for at, watts in readings if start <= at < end]
    return sum(found) / len(found) if found else None


def report(
    shares: Sequence[Share], readings: Mapping[int, Sequence[Reading]], start: int, end: int, ramp_s: int
) -> list[Interval]:
    """What was asked and what was measured, for each interval of an event. A site without a reading in an interval
    leaves its measured power open: nothing is guessed."""
    found = []
    for begin in range(start, end, INTERVAL_S * SECOND):
        stop = min(end, begin + INTERVAL_S * SECOND)
        measured = [mean(readings.get(one.site_id, ()), begin, stop) for one in shares]
        known = [one for one in measured if one is not None]
        found.append(
            Interval(
                start=begin,
                end=stop,
                asked_w=sum(_asked(one, start, ramp_s, begin, stop) for one in shares),
                baseline_w=sum(one.baseline_w for one in shares),
                measured_w=sum(known) if known and len(known) == len(shares) else None,
            )
        )
    return found


def _asked(share: Share, start: int, ramp_s: int, begin: int, stop: int) -> float:
    """The mean of a site's limit from `begin` to `stop`."""
    limit = SiteLimit(id=0, limit_w=share.limit_w, start=start, ramp_s=ramp_s, ramp_from_w=share.baseline_w)
    steps = range(begin, stop, STEP_S * SECOND)
    return sum(on_ramp(limit, at, None) for at in steps) / len(steps)
