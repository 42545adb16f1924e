"""What an order says beyond the time in which it is renewed: the plan of the hours to come, so that a car whose station
loses its line goes on along it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from msgspec import Struct

MOST_PERIODS = 24
"""Steps that a tail has at most: longer schedules are refused by many stations."""


class Tail(Struct, frozen=True, array_like=True):
    """A per phase from each edge on; after `end` it says nothing."""

    edges: tuple[int, ...]
    amps: tuple[float, ...]
    end: int

    def steps(self) -> Iterable[tuple[int, int, float]]:
        """From, to, A."""
        return ((start, end, amps) for (start, end), amps in zip(pairwise((*self.edges, self.end)), self.amps))  # noqa: B905

    def highest(self, since: int, until: int) -> float | None:
        """The most it allows in a time; None: it says nothing of it."""
        return max((amps for start, end, amps in self.steps() if start < until and end > since), default=None)

    def after(self, moment: int, until: int, most: int = MOST_PERIODS) -> Tail | None:
        """What it says from a moment on, until another, in `most` steps; None: nothing that would let the car
        charge."""
        kept: list[tuple[int, float]] = []
        last = moment
        for start, end, amps in self.steps():
            start, end = max(start, moment), min(end, until)
            if start >= end:
                continue
            if not kept or kept[-1][1] != amps:
                if len(kept) >= most:
                    break
                kept.append((start, amps))
            last = end
        while kept and kept[-1][1] == 0:  # it has what it wants: there is nothing left to say
            last = kept.pop()[0]
        if not kept or kept[0][0] != moment:
            return None
        return Tail(tuple(start for start, _ in kept), tuple(amps for _, amps in kept), last)


def tail_of(edges: tuple[int, ...], amps: Iterable[float]) -> Tail | None:
    """A tail of the slots of a plan (`edges` with the end of the last); None: no current in it."""
    values = tuple(amps)
    return Tail(edges[:-1], values, edges[-1]) if any(values) else None
