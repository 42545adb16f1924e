"""No plan exceeds a fuse, ever; shares are fair, and each has its reason."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ohmstead.domain.allocation import Key, Node, Plan, Point, allocate, permitted, wired

ROOT = Node("site", "the site", limit_a=(100.0, 100.0, 100.0))


def point(n: int, node: str = "site", **fields: Any) -> Point:
    return Point(key=("CS", n), node=node, **fields)


def amps(plan: Plan) -> list[float]:
    return [share.limit_a for share in plan.shares.values()]


def test_it_is_shared_evenly_and_the_fuse_is_the_reason() -> None:
    plan = allocate([ROOT], [point(n) for n in range(4)])
    assert amps(plan) == [25.0] * 4
    assert plan.shares["CS", 0].text == "25 A: the site L1 is full"
    assert amps(allocate([ROOT], [point(1), point(2)])) == [32, 32]


def test_who_uses_less_leaves_the_rest_to_others() -> None:
    slow = point(1, cap_a=10.0, cap_why=("demand", "the car takes no more"))
    plan = allocate([Node("site", "s", limit_w=3 * 230 * 50.0)], [slow, point(2), point(3)])
    assert amps(plan) == [10, 20, 20]
    assert plan.shares["CS", 1].text == "10 A: the car takes no more"


def test_weights_and_promises() -> None:
    plan = allocate([Node("site", "s", limit_a=(36.0,) * 3)], [point(1, priority=2), point(2)])
    assert amps(plan) == [22, 14]
    assert plan.shares["CS", 1].text.endswith("priority 2")
    plan = allocate([Node("site", "s", limit_a=(36.0,) * 3)], [point(1, need_a=24.0), point(2)])
    assert amps(plan) == pytest.approx([27, 9])


def test_below_the_minimum_who_waits_waits_for_its_turn() -> None:
    site = Node("site", "s", limit_a=(14.0,) * 3)
    plan = allocate([site], [point(1, turn=2.0), point(2, turn=1.0), point(3, turn=0.0)])
    assert amps(plan) == [0, 7, 7]
    assert plan.shares["CS", 1].code == "turn"
    urgent = allocate([site], [point(1, turn=2.0, priority=5), point(2, turn=1.0), point(3, turn=0.0)])
    assert urgent.shares["CS", 1].limit_a > 0


def test_phases_are_three_fuses() -> None:
    site = Node("site", "s", limit_a=(16.0, 32.0, 32.0))
    plan = allocate([site], [point(1, phases=(0,)), point(2, phases=(1,)), point(3, phases=(0,))])
    assert amps(plan) == [8, 32, 8]


def test_the_tree_unmanaged_load_and_what_cannot_be_commanded() -> None:
    nodes = [ROOT, Node("b", "circuit B", "site", (32.0,) * 3, load_a=(2.0, 12.0, 2.0))]
    away = point(3, "b", fixed_a=8.0, cap_why=("offline", "offline"))
    plan = allocate(nodes, [point(1, "b"), point(2), away])
    assert amps(plan) == [12, 32, 8]
    assert plan.shares["CS", 1].text == "12 A: circuit B L2 is full"
    assert plan.violations == []


def test_what_is_not_safe_at_worst_is_said_in_words() -> None:
    nodes = [ROOT, Node("b", "circuit B", "site", (32.0,) * 3, load_a=(2.0, 12.0, 2.0))]
    away = point(3, fixed_a=8.0)
    assert allocate(nodes, [point(1, "b", fixed_a=32.0)]).violations == [
        f"circuit B {phases} may carry up to {load:.1f} A more than its 32.0 A at worst: 1 EVSE that cannot be "
        f"commanded now (offline, or obeying no limit) may draw 32.0 A and {load:.1f} A are drawn beside the cars"
        for phases, load in (("L1, L3", 2), ("L2", 12))
    ]
    depot = Node("site", "Depot", limit_w=23_000, note="with 1.0 kW of sun")
    assert allocate([depot], [away, point(4, fixed_a=32.0), point(5, wants=False)]).violations == [
        "Depot may carry up to 4.6 kW more than its 23.0 kW at worst: 2 EVSEs that cannot be commanded now (offline, "
        "or obeying no limit) may draw 27.6 kW, with 1.0 kW of sun"
    ]


def test_steps_are_rounded_down_and_the_rest_is_used() -> None:
    steps = (0.0, 6.0, 10.0, 16.0, 32.0)
    plan = allocate([Node("site", "s", limit_a=(28.0,) * 3)], [point(1, steps=steps), point(2, steps=steps)])
    assert sorted(amps(plan)) == [10, 16]
    coarse, fine = point(1, steps=(0.0, 8.0, 16.0, 24.0)), point(2, steps=tuple(map(float, range(6, 33))))
    assert amps(allocate([Node("site", "s", limit_a=(40.0,) * 3)], [coarse, fine])) == [16, 24]
    assert amps(allocate([Node("site", "s", limit_a=(40.5,) * 3)], [coarse, point(2)])) == [16, 24.5]
    promised = [replace(coarse, key=("CS", n), need_a=8.0 * n) for n in (2, 1, 3)]
    assert amps(allocate([Node("site", "s", limit_a=(46.0,) * 3)], promised)) == [16, 8, 16]


def test_idle_and_capped_below_the_minimum() -> None:
    plan = allocate([ROOT], [point(1, wants=False), point(2, cap_a=3.0, cap_why=("external", "limited by EMS"))])
    assert amps(plan) == [0, 0]
    assert plan.shares["CS", 2].text == "0 A: limited by EMS, which is below the 6 A it needs"


def test_a_tree_that_is_none() -> None:
    with pytest.raises(ValueError, match="broken"):
        allocate([Node("a", "a", "b"), Node("b", "b", "a")], [point(1, "a")])


# ---------------------------------------------------------------------- for all trees

_limit = st.floats(0, 200)


@st.composite
def sites(draw: st.DrawFn) -> tuple[list[Node], list[Point]]:
    nodes = []
    for n in range(draw(st.integers(1, 5))):
        phases = draw(st.none() | st.tuples(_limit, _limit, _limit))
        power = draw(st.none() | st.floats(0, 150_000))
        parent = f"n{draw(st.integers(0, n - 1))}" if n else None
        load = draw(st.tuples(*[st.floats(-20, 40)] * 3))
        nodes.append(Node(f"n{n}", f"n{n}", parent, phases, power, load))
    points = [
        point(
            n,
            f"n{draw(st.integers(0, len(nodes) - 1))}",
            phases=draw(st.sampled_from([(0, 1, 2), (0,), (1,), (2,), (0, 1)])),
            wants=draw(st.booleans()) or draw(st.booleans()),
            cap_a=draw(st.floats(0, 63)),
            need_a=draw(st.floats(0, 63)),
            priority=draw(st.integers(0, 9)),
            turn=draw(st.floats(0, 5)),
            steps=draw(st.sampled_from([(), (0.0, 6.0, 13.0, 32.0)])),
            fixed_a=draw(st.none() | st.none() | st.floats(0, 40)),
        )
        for n in range(draw(st.integers(0, 12)))
    ]
    return nodes, points


def left(nodes: list[Node], points: list[Point], draws: dict[Key, float]) -> dict[str, float]:
    """What each fuse has left, counted apart from the code that plans: from the tree itself."""
    by_id = {node.id: node for node in nodes}
    found: dict[str, float] = {}
    for node in nodes:
        phases, power = [0.0] * 3, 0.0
        for other in nodes:
            at: str | None = other.id
            while at is not None and at != node.id:
                at = by_id[at].parent
            if at is None:
                continue
            for phase in range(3):
                phases[phase] += other.load_a[phase]
            for one in points:
                if one.node == other.id:
                    for phase in one.phases:
                        phases[phase] += draws[one.key]
        power = sum(phases)
        if node.limit_a is not None:
            found |= {f"{node.id} L{n}": limit - phases[n] for n, limit in enumerate(node.limit_a)}
        if node.limit_w is not None:
            found[node.id] = node.limit_w / 230.0 - power
    return found


@settings(max_examples=80, deadline=None)
@given(sites())
def test_no_plan_exceeds_a_fuse(site: tuple[list[Node], list[Point]]) -> None:
    nodes, points = site
    plan = allocate(nodes, points)
    fixed = {one.key: one.fixed_a or 0.0 for one in points}
    before = left(nodes, points, fixed)
    after = left(nodes, points, {key: share.limit_a for key, share in plan.shares.items()})
    for name, room in after.items():
        # what was beyond its limit before we gave anything gets nothing more
        assert room >= min(0.0, before[name]) - 1e-6, name
    for one in points:
        share = plan.shares[one.key].limit_a
        if one.fixed_a is None:
            assert share == 0 or one.min_a <= share <= one.cap_a + 1e-9
            assert not one.steps or share in one.steps
            assert one.wants or share == 0


@settings(max_examples=80, deadline=None)
@given(sites(), st.lists(st.floats(0, 40), min_size=12, max_size=12))
def test_neither_does_any_step_on_the_way_to_it(site: tuple[list[Node], list[Point]], now: list[float]) -> None:
    """Whoever obeys late, or never: as long as nobody draws more than believed, or than permitted."""
    nodes, points = site
    plan = allocate(nodes, points)
    believed = {one.key: now[n] for n, one in enumerate(points)}
    may = permitted(nodes, points, plan.shares, believed)
    draws = {one.key: max(believed[one.key], one.fixed_a or 0.0) for one in points}
    before = left(nodes, points, draws)
    after = left(nodes, points, {key: max(draw, 0.0 if points[n].fixed_a is not None else may[key])
                                 for n, (key, draw) in enumerate(draws.items())})  # fmt: skip
    for name, room in after.items():
        assert room >= min(0.0, before[name]) - 1e-6, name
    for one in points:
        assert may[one.key] <= plan.shares[one.key].limit_a + 1e-9


def test_five_hundred_evses_take_a_moment() -> None:
    nodes = [
        Node("site", "s", limit_a=(1500.0,) * 3),
        *(Node(f"c{n}", f"c{n}", "site", (125.0,) * 3) for n in range(25)),
    ]
    points = [point(n, f"c{n % 25}", cap_a=10 + n % 23, priority=1 + n % 3) for n in range(500)]
    begun = time.perf_counter()
    plan = allocate(nodes, points)
    assert time.perf_counter() - begun < 0.5  # measured: 10 ms
    assert len(plan.shares) == 500
    assert wired(nodes, points)
