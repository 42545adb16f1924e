from __future__ import annotations

import pytest

from ohmstead.domain.allocation import Node, Point
from ohmstead.domain.planning import HOUR, Slot, energies
from ohmstead.energy import optimiser
from ohmstead.energy.optimiser import NoSolution, optimised
from tests.domain.test_planning import T, demand, slots


def test_the_cheapest_hours_and_no_fuse_exceeded() -> None:
    nodes = [Node("s", "Site", limit_a=(40.0, 40.0, 40.0), load_a=(8.0, 8.0, 8.0))]
    hours = [Slot(T + n * HOUR, T + (n + 1) * HOUR, nodes, 0.1 if n == 2 else 0.4 + n / 100) for n in range(4)]
    cars = [demand(1, 22.0), demand(2, 22.0), demand(3, 5.0, 1.0)]
    amps = optimised(hours, cars, [], 5.0)
    assert sum(amps[one.key][2] for one in cars) == pytest.approx(32.0)
    for n in range(4):
        assert sum(amps[one.key][n] for one in cars) <= 32.0 + 1e-6
    assert energies(hours, cars, amps) == pytest.approx({one.key: one.energy_wh for one in cars})


def test_without_prices_as_early_as_can_be_and_priority_first() -> None:
    first, second = demand(1, 40.0, 1.0, priority=2), demand(2, 40.0, 1.0)
    amps = optimised(slots(2), [first, second], [], 5.0)
    assert (amps[first.key], amps[second.key]) == ([pytest.approx(32), 0], [pytest.approx(8), 0])
    alone = optimised(slots(4), [demand(1, 22.08)], [], 5.0)
    assert alone["CS1", 1] == pytest.approx([32, 0, 0, 0])


def test_what_is_not_planned_keeps_its_part() -> None:
    others = [Point(key=("CS8", 1), node="s", fixed_a=20.0), Point(key=("CS9", 1), node="s")]
    assert optimised(slots(1), [demand(1, 40.0, 1.0)], others, 5.0)["CS1", 1] == [pytest.approx(14.0)]


def test_no_solution_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoSolution, match=r"within 1e-09 s"):
        optimised(slots(90), [demand(n, 22.0, 80.0) for n in range(40)], [], 1e-9)
    monkeypatch.setattr(optimiser, "IS_INSTALLED", False)
    with pytest.raises(NoSolution, match="not installed"):
        optimised(slots(1), [], [], 1.0)


def test_a_car_gives_back_in_dear_hours_within_what_it_can_spare() -> None:
    nodes = [Node("s", "Site", limit_a=(40.0, 40.0, 40.0))]
    prices = (0.90, 0.05, 0.90, 0.30)
    hours = [Slot(T + n * HOUR, T + (n + 1) * HOUR, nodes, price) for n, price in enumerate(prices)]
    car = demand(1, 4.0, 4.0, give_a=16.0, room_wh=6000.0, ceiling_wh=10_000.0)
    amps = optimised(hours, [car], [], 5.0)[car.key]
    net, held = 0.0, []
    for one in amps:
        net += one * car.watts / 1000 * (1 if one > 0 else 1 / 0.9)
        held.append(round(net, 3))
    assert (amps[0], amps[2]) == (pytest.approx(-6 * 0.9 / 0.69), pytest.approx(-16.0))
    assert amps[1] == pytest.approx(16 / 0.69)  # from 6 kWh below to 10 above: what is cheap is bought, and sold again
    assert min(held) >= -6.001
    assert max(held) <= 10.001
    assert held[-1] == pytest.approx(4.0)  # and it leaves with what it was promised
    flat = [Slot(slot.start, slot.end, nodes, 0.3) for slot in hours]
    assert min(optimised(flat, [car], [], 5.0)[car.key]) >= 0  # what is lost on the way is not worth it
