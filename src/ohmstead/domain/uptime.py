"""How much of a time a connector could be used.

    uptime = (T - (outage - excluded)) / T

T is the time within the month from the first word about the connector on. Outage is what it was down: its station not
connected, or itself, its EVSE or its station Faulted or Unavailable. Excluded is the part of the outage that lies in
times with a cause that does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from msgspec import Struct

Cause = Literal["offline", "faulted", "unavailable"]
DOWN: dict[str, Cause] = {"Offline": "offline", "Faulted": "faulted", "Unavailable": "unavailable"}
"""Words that say that it cannot be used; the first one in this order names the cause where several do."""
_RANK = list(DOWN)


LINE = (0, -1)
"""The line to the station, beside (EVSE, connector), (EVSE, 0) for an EVSE and (0, 0) for the station."""


class Point(NamedTuple):
    """From `at` on a thing is in `state`: a word of StatusNotification; Online or Offline for the line."""

    at: int
    what: tuple[int, int]
    state: str


class Uptime(Struct, frozen=True, kw_only=True):
    """Microseconds; `percent` is None where nothing was known."""

    known: int
    outage: dict[Cause, int]
    excluded: int
    percent: float | None


def uptime(
    points: Sequence[Point], about: tuple[int, int], begin: int, end: int, excluded: Iterable[tuple[int, int]]
) -> Uptime:
    """The uptime of one connector between two instants, from points in the order of time; those before `begin` tell how
    it was then. `excluded`: times, as (begin, end), that do not count against it."""
    sources = {LINE, (0, 0), (about[0], 0), about}
    mine = [one for one in points if one.what in sources and one.at < end]
    first = min((one.at for one in mine if one.what == about), default=end)
    start = max(begin, first)
    free = _joined(excluded)
    outage: dict[Cause, int] = {}
    spared = 0
    states: dict[tuple[int, int], str] = {}
    for n, one in enumerate(mine):
        states[one.what] = one.state
        left, right = max(one.at, start), mine[n + 1].at if n + 1 < len(mine) else end
        cause = _cause(states.values())
        if cause is not None and right > left:
            outage[cause] = outage.get(cause, 0) + right - left
            spared += sum(max(min(right, b) - max(left, a), 0) for a, b in free)
    known = max(end - start, 0)
    down = sum(outage.values()) - spared
    percent = round((known - down) / known * 100, 3) if known else None
    return Uptime(known=known, outage=outage, excluded=spared, percent=percent)


def _cause(states: Iterable[str]) -> Cause | None:
    down = [state for state in states if state in DOWN]
    return DOWN[min(down, key=_RANK.index)] if down else None


def _joined(times: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same times without overlaps."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted(times):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found
