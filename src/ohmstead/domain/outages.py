"""What cars with a promise may go on with while we are gone: the plan, as far as it is safe whoever else is gone too.

Without us each EVSE falls to its fail-safe (control.fail_safe), whose sum is safe with a car at every one. A car may
have more than that only where a fuse has it left while all others draw the higher of their fail-safe and what they may
go on with, by this plan or one that they were told before. It may have less, because the plan has better hours for it;
but if that brings less than the plan, it is given its fail-safe in the cheapest hours until that is enough. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ohmstead.domain.allocation import Key, Node, Point, stepped, wired
from ohmstead.domain.control import fail_safe
from ohmstead.domain.planning import NEGLIGIBLE_WH, Demand, Slot, usable_hours
from ohmstead.domain.regulation import Evse
from ohmstead.domain.tails import Tail


def alone(
    slots: Sequence[Slot], evses: Sequence[Evse], demands: Sequence[Demand], amps: Mapping[Key, Sequence[float]],
    told: Mapping[Key, Sequence[Tail]],
) -> dict[Key, list[float]]:  # fmt: skip
    """A per phase for each car and slot. The loads in `slots` are the highest that are known; `told` is what EVSEs may
    go on with already."""
    found: dict[Key, list[float]] = {one.key: [] for one in demands}
    safes: list[dict[Key, float]] = []
    for n, slot in enumerate(slots):
        safe = safes[-1] if n and slot.nodes == slots[n - 1].nodes else fail_safe(slot.nodes, evses)
        safes.append(safe)
        _fill(n, slot, safe, evses, demands, amps, told, found)
    for demand in demands:
        _keep_promise(demand, slots, safes, amps[demand.key], found[demand.key])
    return found


def _fill(
    n: int, slot: Slot, safe: Mapping[Key, float], evses: Sequence[Evse], demands: Sequence[Demand],
    amps: Mapping[Key, Sequence[float]], told: Mapping[Key, Sequence[Tail]], found: dict[Key, list[float]],
) -> None:  # fmt: skip
    """One slot: planned currents, where there is room for what is above the fail-safe."""
    points = {one.key: Point(key=one.key, node=one.node, phases=one.phases, min_a=one.min_a) for one in evses}
    taken = {key: max([safe[key], *_told(told.get(key, ()), slot)]) for key in points}
    wiring = wired(slot.nodes, list(points.values()))
    for key, some in taken.items():
        for fuse, factor in wiring[key]:
            fuse.left -= some * factor
    for demand in demands:
        key, wanted = demand.key, max(0.0, amps[demand.key][n])
        room = min((fuse.left / factor for fuse, factor in wiring[key]), default=float("inf"))
        given = stepped(_point(demand), min(wanted, taken[key] + max(0.0, room)))
        for fuse, factor in wiring[key]:
            fuse.left -= max(0.0, given - taken[key]) * factor
        found[key].append(given)


def _told(tails: Sequence[Tail], slot: Slot) -> list[float]:
    return [most for one in tails if (most := one.highest(slot.start, slot.end)) is not None]


def _point(demand: Demand) -> Point:
    return Point(key=demand.key, node=demand.node, min_a=demand.min_a, steps=demand.steps)


def _keep_promise(
    demand: Demand, slots: Sequence[Slot], safes: Sequence[Mapping[Key, float]], planned: Sequence[float],
    found: list[float],
) -> None:  # fmt: skip
    """Up to the fail-safe in the cheapest slots, the first of them first, until it has as much as the plan gives it."""
    per_a = [demand.watts * usable_hours(slot, demand) for slot in slots]
    wanted = min(demand.energy_wh, sum(max(0.0, a) * wh for a, wh in zip(planned, per_a, strict=False)))
    missing = wanted - sum(a * wh for a, wh in zip(found, per_a, strict=True))
    for n in sorted(range(len(slots)), key=lambda n: (slots[n].price or 0.0, n)):
        more = stepped(_point(demand), min(safes[n][demand.key], demand.cap_a)) - found[n]
        if missing <= NEGLIGIBLE_WH:
            return
        if more > 0 and per_a[n] > 0:
            found[n] += more
            missing -= more * per_a[n]


def safe_slots(slots: Sequence[Slot], safe_nodes: Sequence[Node]) -> list[Slot]:
    """The slots with the highest loads that are known."""
    loads = {node.id: node.load_a for node in safe_nodes}
    return [Slot(one.start, one.end, [_loaded(node, loads) for node in one.nodes], one.price) for one in slots]


def _loaded(node: Node, loads: Mapping[str, tuple[float, float, float]]) -> Node:
    return Node(node.id, node.name, node.parent, node.limit_a, node.limit_w, loads.get(node.id, node.load_a))
