"""Whoever is gone, and whatever they were told before: what they go on with exceeds no fuse, and keeps promises."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from ohmstead.domain.allocation import Node
from ohmstead.domain.control import fail_safe
from ohmstead.domain.outages import alone, safe_slots
from ohmstead.domain.planning import HOUR, Demand, Slot
from ohmstead.domain.regulation import Evse
from ohmstead.domain.tails import Tail
from tests.domain.test_profiles import T

NODES = [Node("s", "Site", limit_a=(40.0,) * 3)]
EVSES = [Evse(key=(f"CS{n}", 1), node="s", station=n) for n in range(4)]  # a fail-safe of 10 A each


def slots(count: int, nodes: list[Node] = NODES) -> list[Slot]:
    return [Slot(T + n * HOUR, T + (n + 1) * HOUR, nodes) for n in range(count)]


def demand(n: int, kwh: float, hours: float = 4.0) -> Demand:
    return Demand(key=(f"CS{n}", 1), node="s", energy_wh=kwh * 1000, ready_by=T + int(hours * HOUR))


def test_the_better_hours_are_kept_if_they_bring_enough() -> None:
    one = demand(0, 6.9)
    found = alone(slots(4), EVSES, [one], {one.key: [0.0, 0.0, 10.0, 0.0]}, {})
    assert found[one.key] == [0.0, 0.0, 10.0, 0.0]


def test_a_promise_goes_before_cheap_hours() -> None:
    one = demand(0, 20.7)
    found = alone(slots(4), EVSES, [one], {one.key: [0.0, 0.0, 30.0, 0.0]}, {})
    assert found[one.key] == [10.0, 10.0, 10.0, 0.0]


def test_what_a_fuse_has_left_is_used_and_what_others_were_told_is_counted() -> None:
    one, wide = demand(0, 20.7), [Node("s", "Site", limit_a=(150.0,) * 3)]
    planned = {one.key: [0.0, 30.0, 0.0, 0.0]}
    assert alone(slots(4, wide), EVSES, [one], planned, {})[one.key] == [0.0, 30.0, 0.0, 0.0]
    few = [replace(each, rating_a=8.0) for each in EVSES[1:]]
    tight = slots(4, [Node("s", "Site", limit_a=(46.0,) * 3)])
    rated = replace(EVSES[0], rating_a=16.0)
    assert fail_safe(tight[0].nodes, [rated, *few])[one.key] == 16.0
    assert alone(tight, [rated, *few], [one], planned, {})[one.key][1] == 22.0  # 46 less three times 8
    told = {few[0].key: [Tail((T,), (14.0,), T + 4 * HOUR)]}
    assert alone(tight, [rated, *few], [one], planned, told)[one.key][1] == 16.0


def test_the_highest_known_load_counts() -> None:
    loaded = safe_slots(slots(1), [replace(NODES[0], load_a=(20.0,) * 3)])
    assert loaded[0].nodes[0].load_a == (20.0,) * 3
    one = demand(0, 20.7)
    assert alone(loaded, EVSES, [one], {one.key: [30.0]}, {})[one.key] == [6.8]  # the fourth gets none


def test_no_fuse_is_exceeded_by_any_mix_of_plans() -> None:
    """Each keeps the tail of some earlier plan; who has none is at its fail-safe."""
    dice = Random(3)
    nodes = [Node("s", "Site", limit_a=(70.0,) * 3), Node("b", "B", "s", (45.0,) * 3, 25_000.0)]
    for _ in range(60):
        evses = [
            Evse(key=(f"CS{n}", 1), node=dice.choice("sb"), station=n, rating_a=dice.choice((12.0, 16.0, 32.0)))
            for n in range(5)
        ]
        told: dict[tuple[str, int], list[Tail]] = {}
        safe = fail_safe(nodes, evses)
        for _ in range(3):
            demands = [replace(demand(n, dice.uniform(5, 40)), node=evses[n].node) for n in range(3)]
            planned = {one.key: [dice.choice((0.0, 10.0, 32.0)) for _ in range(4)] for one in demands}
            found = alone(slots(4, nodes), evses, demands, planned, told)
            edges = tuple(T + n * HOUR for n in range(4))
            for one in demands:
                if dice.random() < 0.6:  # the order with the new plan went out, the old one is no more
                    told[one.key] = [Tail(edges, tuple(found[one.key]), T + 4 * HOUR)]
            for n, slot in enumerate(slots(4, nodes)):
                draws = {
                    each.key: max((tail.highest(slot.start, slot.end) or 0.0 for tail in told.get(each.key, ())),
                                  default=safe[each.key])
                    for each in evses
                }  # fmt: skip
                below = sum(draws[each.key] for each in evses if each.node == "b")
                assert sum(draws.values()) <= 70.0 + 1e-6, n
                assert below <= min(45.0, 25_000 / 690) + 1e-6, n
