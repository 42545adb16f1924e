"""The hours to come at a site: which car charges when, so that each has its energy by its departure.

Time is cut into slots: a quarter of an hour each for the first day, an hour each after it. A schedule gives each car
that promised something A per phase for every slot, inside all fuses and limits of that slot. Cars that promised nothing
are not planned: for some hours their minimum is set aside, and what is left over is theirs anyway (allocation.py).

Here is what every planner needs, and the one that needs no solver: slot by slot, the same water that is poured now. It
knows no prices. energy/optimiser.py finds the cheapest schedule instead.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from ohmstead.domain.allocation import Key, Node, Point, Reason, allocate, wired
from ohmstead.domain.profiles import SECOND, VOLTAGE

HOUR = 3600 * SECOND
SLOT, LATER_SLOT = HOUR // 4, HOUR
FINE = 24 * HOUR
SHORTEST, LONGEST = 24 * HOUR, 72 * HOUR
"""How far a plan looks ahead at least and at most."""
UNTOLD = 4 * HOUR
"""For how long a car that promised nothing is expected to stay."""
NEGLIGIBLE_WH = 50.0
_TRIFLE_A = 0.3


class Demand(Struct, frozen=True, kw_only=True):
    """A car at an EVSE that shall have `energy_wh` more by `ready_by`."""

    key: Key
    node: str
    energy_wh: float
    ready_by: int
    phases: tuple[int, ...] = (0, 1, 2)
    cap_a: float = 32.0
    min_a: float = 6.0
    steps: tuple[float, ...] = ()
    priority: int = 1
    give_a: float = 0.0
    """The most it gives back."""
    room_wh: float = 0.0
    """What it may give back from now on, before it is charged again."""
    ceiling_wh: float = 0.0
    """What its battery still takes, if it gives back."""
    watts_per_a: float = 0.0
    """What an ampere of its limit brings; 0: by its phases at nominal voltage."""

    @property
    def watts(self) -> float:
        return self.watts_per_a or VOLTAGE * len(self.phases)


class Slot(Struct, frozen=True):
    """`nodes` is the tree with the limits and loads of this time; `price` that of a kWh, if there is one."""

    start: int
    end: int
    nodes: Sequence[Node]
    price: float | None = None

    @property
    def hours(self) -> float:
        return (self.end - self.start) / HOUR


class Schedule(Struct, frozen=True, kw_only=True):
    """For each car A per phase in every slot, and the Wh that it will have got by its departure; `short` says in words
    why a promise cannot be kept."""

    amps: dict[Key, list[float]]
    energy_wh: dict[Key, float]
    short: dict[Key, Reason]
    by: str
    why: str = ""
    """Why it was not optimised."""


class Edge(NamedTuple):
    start: int
    end: int


def slot_edges(now: int, ready_by: Sequence[int]) -> list[Edge]:
    """The slots from now until the last departure, whole quarters of an hour but for the first."""
    until = min(max([now + SHORTEST, *ready_by]), now + LONGEST)
    edges, at = [], now
    while at < until:
        step = SLOT if at - now < FINE else LATER_SLOT
        edges.append(Edge(at, min((at // step + 1) * step, until)))
        at = edges[-1].end
    return edges


def usable_hours(slot: Slot, demand: Demand) -> float:
    """The part of a slot before the car leaves."""
    return max(0.0, min(slot.end, demand.ready_by) - slot.start) / HOUR


def poured(slots: Sequence[Slot], demands: Sequence[Demand], others: Sequence[Point] = ()) -> dict[Key, list[float]]:
    """Slot by slot: first what each needs on average until it leaves, then what is left to all."""
    left = {one.key: one.energy_wh for one in demands}
    amps: dict[Key, list[float]] = {one.key: [] for one in demands}
    for slot in slots:
        points = list(set_aside(others, slot, slots[0].start))
        for demand in demands:
            hours, rest = (demand.ready_by - slot.start) / HOUR, left[demand.key]
            most = rest / demand.watts / slot.hours
            wants = rest > NEGLIGIBLE_WH and hours > 0
            needed = rest / demand.watts / hours if wants else 0.0
            cap = min(demand.cap_a, max(demand.min_a, math.ceil(most)))
            points.append(
                Point(key=demand.key, node=demand.node, phases=demand.phases, wants=wants, cap_a=cap,
                      min_a=demand.min_a, need_a=max(needed, 0.0), priority=demand.priority, turn=-needed)
            )  # fmt: skip
        shares = allocate(slot.nodes, points).shares
        for demand in demands:
            given = shares[demand.key].limit_a
            amps[demand.key].append(given)
            left[demand.key] -= given * demand.watts * usable_hours(slot, demand)
    return amps


def set_aside(others: Sequence[Point], slot: Slot, now: int) -> list[Point]:
    """What is not planned in this slot: cars that promised nothing at their minimum, who is offline at what it may."""
    stays = slot.start - now < UNTOLD
    return [one for one in others if one.fixed_a or (one.wants and stays)]


def energies(slots: Sequence[Slot], demands: Sequence[Demand], amps: Mapping[Key, Sequence[float]]) -> dict[Key, float]:
    """Wh that each will have got by its departure, at most what it wants."""
    return {
        one.key: min(
            one.energy_wh,
            sum(a * one.watts * usable_hours(slot, one) for a, slot in zip(amps[one.key], slots, strict=True)),
        )
        for one in demands
    }


def schedule(
    slots: Sequence[Slot], demands: Sequence[Demand], amps: Mapping[Key, Sequence[float]], by: str, why: str = ""
) -> Schedule:
    """What a planner found, made into currents that cars and stations know, with what comes of it."""
    energy = energies(slots, demands, amps)
    short = {
        one.key: _why_short(one, slots, amps)
        for one in demands
        if energy[one.key] < one.energy_wh - max(NEGLIGIBLE_WH, 0.01 * one.energy_wh)
    }
    practical = {one.key: [usable(one, a) for a in amps[one.key]] for one in demands}
    return Schedule(amps=practical, energy_wh=energy, short=short, by=by, why=why)


def usable(demand: Demand, amps: float) -> float:
    """Up to a current with which the car charges: less than its minimum is none, and a promise must not lose by it."""
    if amps < -_TRIFLE_A:
        return max(-demand.give_a, math.ceil(amps * 10 - 1e-6) / 10)
    if amps < _TRIFLE_A:
        return 0.0
    amps = min(demand.cap_a, max(math.ceil(amps * 10 - 1e-6) / 10, demand.min_a))
    return min((step for step in demand.steps if amps <= step <= demand.cap_a), default=amps)


def _why_short(demand: Demand, slots: Sequence[Slot], amps: Mapping[Key, Sequence[float]]) -> Reason:
    """Whether time is too short for it at all, or which fuse is full while it could take more."""
    most = sum(demand.cap_a * demand.watts * usable_hours(slot, demand) for slot in slots)
    kwh = f"{demand.energy_wh / 1000:.1f} kWh"
    if most < demand.energy_wh:
        return "time", f"until it leaves {demand.cap_a:g} A bring {most / 1000:.1f} of {kwh}"
    full: Counter[str] = Counter()
    for n, slot in enumerate(slots):
        if usable_hours(slot, demand) and amps[demand.key][n] < demand.cap_a - 0.1:
            full[_fullest(demand, slot, amps, n)] += 1
    name = full.most_common(1)[0][0] if full else "the site"
    return "full", f"{name} is full: {kwh} are more than what is left there until it leaves"


def _fullest(demand: Demand, slot: Slot, amps: Mapping[Key, Sequence[float]], n: int) -> str:
    """The fuse above the car that has the least left in its tree, before any car charges."""
    fuses = wired(slot.nodes, [Point(key=demand.key, node=demand.node, phases=demand.phases)])[demand.key]
    return min(((fuse.left / factor, fuse.name) for fuse, factor in fuses), default=(0.0, "the site"))[1]
