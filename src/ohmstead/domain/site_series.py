"""What the sun and the batteries of a site feed in over time, as somebody foretold it. Pure.

It counts in the place where it is fed in, and in all fuses above, as a load below zero: at a moment with what is given
for it, in a slot of the plan with the least that is given for any moment of it. The fail-safe never counts on it, only
with what a battery draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from ohmstead.domain.allocation import Phases
from ohmstead.domain.profiles import VOLTAGE

Kind = Literal["pv", "battery"]
_WORDS: Mapping[Kind, tuple[str, str]] = {
    "pv": ("with {} kW of sun", "with {} kW that the inverter draws"),
    "battery": ("with {} kW out of the battery", "with {} kW into the battery"),
}


class Series(Struct, frozen=True, kw_only=True):
    """`slots`: (from, to, W that are fed in), in order; below 0 it draws, between them it does nothing. `phases`: 0, 1,
    2. `circuit` 0: at the site itself."""

    kind: Kind
    circuit: int = 0
    phases: tuple[int, ...] = (0, 1, 2)
    slots: tuple[tuple[int, int, float], ...]

    def lowest(self, start: int, end: int) -> float:
        """The least that it feeds in at any moment of a time, in W."""
        found, at = [], start
        for begin, until, watts in self.slots:
            if until <= start or begin >= end:
                continue
            found += [watts] if begin <= at else [0.0, watts]
            at = until
        return min([*found, 0.0] if at < end else found)

    def now(self, moment: int) -> float:
        """What it feeds in at a moment, in W."""
        return self.lowest(moment, moment + 1)

    def load_a(self, watts: float) -> Phases:
        """What it feeds in, as a load in A per phase."""
        amps = -watts / VOLTAGE / len(self.phases)
        return tuple(amps if phase in self.phases else 0.0 for phase in range(3))  # type: ignore[return-value]


def added(load: Phases, *more: Phases) -> Phases:
    """Loads together."""
    return tuple(sum(parts) for parts in zip(load, *more, strict=True))


def worded(found: Iterable[tuple[Kind, float]]) -> str:
    """What is fed in, in the words of a reason; empty: nothing."""
    sums: dict[Kind, float] = {}
    for kind, watts in found:
        sums[kind] = sums.get(kind, 0.0) + watts
    return " and ".join(
        _WORDS[kind][watts < 0].format(f"{abs(watts) / 1000:.1f}") for kind, watts in sums.items() if abs(watts) >= 50
    )
