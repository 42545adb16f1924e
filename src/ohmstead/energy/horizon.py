"""The hours to come of a grid connection, made of what is known of it now: slots with their limits and prices, cars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from ohmstead.domain.allocation import Key, Node, Point
from ohmstead.domain.needs import Need
from ohmstead.domain.phases import used
from ohmstead.domain.planning import Demand, Edge, Schedule, Slot, slot_edges, usable_hours
from ohmstead.domain.profiles import VOLTAGE
from ohmstead.domain.regulation import Evse, Rules, point_of
from ohmstead.domain.site_limits import effective, effective_a
from ohmstead.domain.site_series import added
from ohmstead.domain.transactions import Transaction
from ohmstead.energy.sites import Snapshot
from ohmstead.store.energy import SiteRow
from ohmstead.store.planning import Prices

_RULES = Rules()


class Problem(NamedTuple):
    """What a planner is asked. `others` are EVSEs that it does not plan."""

    slots: list[Slot]
    demands: list[Demand]
    others: list[Point]


def problem_of(found: Snapshot, needs: Mapping[Key, Need], prices: Prices | None, now: int) -> Problem:
    """The question for the planner. `needs` are those whose car is at an EVSE of this grid connection."""
    evses = [replace(evse, planned_a=None) for evse in found.evses]
    points = {evse.key: point_of(evse, used(evse, now), now, _RULES) for evse in evses}
    demands = [
        _demand(evse, points[evse.key], needs[evse.key], found.running.get(evse.key))
        for evse in evses
        if evse.key in needs and points[evse.key].fixed_a is None
    ]
    planned = {one.key for one in demands}
    others = [point for key, point in points.items() if key not in planned]
    slots = [
        Slot(edge.start, edge.end, nodes_in(found, edge), None if prices is None else prices.at(edge.start))
        for edge in slot_edges(now, [one.ready_by for one in demands])
    ]
    return Problem(slots, demands, others)


def _demand(evse: Evse, point: Point, need: Need, running: Transaction | None) -> Demand:
    # what nobody meters is not given back: it would be given again and again
    gives = need.gives and running is not None and running.exported is not None
    cap, least = point.cap_a, point.min_a
    if need.ev is not None:
        cap = min(cap, need.ev.cap_a or cap)
        least = max(least, need.ev.min_a or 0.0)
    wanted, room, ceiling, give_a = need.rest_wh, 0.0, 0.0, 0.0
    if need.ev is not None and gives:
        give_a = min(need.ev.discharge_a, evse.rating_a)
        wanted, room = need.energy_wh - need.delivered_wh, max(0.0, need.ev.room_wh + need.delivered_wh)
        ceiling = (need.energy_wh if need.ev.ceiling_wh is None else need.ev.ceiling_wh) - need.delivered_wh
    return Demand(
        key=evse.key, node=evse.node, phases=point.phases, energy_wh=wanted, room_wh=room, ceiling_wh=ceiling,
        give_a=give_a, ready_by=need.ready_by,
        cap_a=cap, min_a=least, steps=evse.steps, priority=need.priority, watts_per_a=_watts_per_a(evse),
    )  # fmt: skip


def _watts_per_a(evse: Evse) -> float:
    """What an ampere of its order brings: less than the wiring allows, where a car charges on fewer phases."""
    full = VOLTAGE * evse.drawn_on
    ordered = evse.account.accepted_a
    if evse.measured_w is None or not ordered or evse.drawn_on == 1:
        return full
    for some in range(1, evse.drawn_on):
        part = VOLTAGE * some
        if abs(evse.measured_w / part - ordered) < 0.12 * ordered:
            return part
    return full


def nodes_in(found: Snapshot, edge: Edge) -> list[Node]:
    """The tree with the lowest limits of a slot and the least that sun and batteries feed in; other loads are those of
    now."""
    nodes, own = [_fed(node, found, edge) for node in found.nodes], {f"site:{site.id}": site for site in found.sites}
    return [_limited(node, found, own[node.id], edge) if node.id in own else node for node in nodes]


def _fed(node: Node, found: Snapshot, edge: Edge) -> Node:
    series = found.series.get(node.id, ())
    changes = [one.load_a(one.lowest(edge.start, edge.end) - one.now(found.at)) for one in series]
    return replace(node, load_a=added(node.load_a, *changes)) if changes else node


def _limited(node: Node, found: Snapshot, site: SiteRow, edge: Edge) -> Node:
    limits = found.entries.get(site.id, [])
    moments = {edge.start, edge.end - 1} | {
        at for one in limits for at in (one.start, one.end) if at is not None and edge.start <= at < edge.end
    }
    found_w = [effective(site.limit_w, limits, at).limit_w for at in moments]
    found_a = [amps for at in moments if (amps := effective_a(site.limit_a, limits, at)) is not None]
    lowest_a = tuple(min(parts) for parts in zip(*found_a, strict=True)) or None
    return replace(node, limit_w=min((one for one in found_w if one is not None), default=None), limit_a=lowest_a)


def fingerprint(found: Snapshot, needs: Iterable[Need], prices: Prices | None) -> int:
    """Changes when a plan must be made anew: other needs, cars, limits or prices; not with loads and meters."""
    wanted = [(one.id, one.energy_wh, one.ready_by, one.priority, one.transaction) for one in needs]
    tree = [(node.id, node.parent, node.limit_a, node.limit_w) for node in found.nodes]
    limits = [(site, tuple(some)) for site, some in sorted(found.entries.items())]
    cars = [(evse.key, evse.transaction_id, evse.online, evse.external_a) for evse in found.evses]
    return hash(repr((wanted, tree, limits, found.series, cars, None if prices is None else prices.updated_at)))


def cost_of(problem: Problem, best: Schedule) -> float | None:
    """What the planned energy costs, in the unit of the prices; None without prices."""
    if all(slot.price is None for slot in problem.slots):
        return None
    total = 0.0
    for demand in problem.demands:
        for slot, amps in zip(problem.slots, best.amps[demand.key], strict=True):
            total += amps * demand.watts * usable_hours(slot, demand) / 1000 * (slot.price or 0.0)
    return round(total, 4)
