"""Energy by the hour: what a transaction charged, spread over the hours in which it did, exactly."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Literal

from ohmstead.domain.tariffs import Moment

HOUR = 3_600_000_000
Period = Literal["hour", "day", "month"]


def hourly(moments: Iterable[Moment]) -> dict[int, int]:
    """Milliwatt-hours by the beginning of each hour (UTC); between two moments energy flows evenly, and the hours are
    exactly the whole."""
    found: dict[int, int] = {}
    ordered = sorted(moments, key=lambda one: one.at)
    begun = round(ordered[0].wh * 1000) if ordered else 0
    for one, other in pairwise(ordered):
        mwh = max(round(other.wh * 1000), begun) - begun
        begun += mwh
        span, told = other.at - one.at, 0
        for hour in range(one.at // HOUR * HOUR, max(other.at, one.at + 1), HOUR):
            until = min(hour + HOUR, other.at)
            so_far = mwh * (until - one.at) // span if span else mwh
            if so_far > told:
                found[hour] = found.get(hour, 0) + so_far - told
            told = so_far
    return found


def in_one_hour(begin: int, end: int, wh: float) -> dict[int, int] | None:
    """What `hourly` would find of a transaction that began and ended within one hour, whatever it told in between;
    None where it lasted into another."""
    if begin // HOUR != end // HOUR:
        return None
    mwh = round(wh * 1000)
    return {begin // HOUR * HOUR: mwh} if mwh > 0 else {}


def begin_of(period: Period, local: datetime) -> datetime:
    """The beginning of the hour, day or month in which a local time lies."""
    start = local.replace(minute=0, second=0, microsecond=0)
    if period == "hour":
        return start
    return start.replace(hour=0, fold=0) if period == "day" else start.replace(day=1, hour=0, fold=0)
