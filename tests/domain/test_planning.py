from __future__ import annotations

import pytest

from ohmstead.domain.allocation import Node, Point
from ohmstead.domain.planning import HOUR, Demand, Slot, energies, poured, schedule, slot_edges, usable, usable_hours

T = 1_764_000_000_000_000
NODES = [Node("s", "Site", limit_a=(40.0, 40.0, 40.0))]


def slots(hours: int, price: float | None = None) -> list[Slot]:
    return [Slot(T + n * HOUR, T + (n + 1) * HOUR, NODES, price) for n in range(hours)]


def demand(n: int = 1, kwh: float = 20.0, hours: float = 4.0, **more: object) -> Demand:
    return Demand(key=(f"CS{n}", 1), node="s", energy_wh=kwh * 1000, ready_by=T + int(hours * HOUR), **more)


def test_slots_are_quarters_then_hours_and_end_in_three_days() -> None:
    edges = slot_edges(T + 1, [T + 100 * HOUR])
    assert edges[0] == (T + 1, (T // (HOUR // 4) + 1) * HOUR // 4)
    assert {end - start for start, end in edges[1:90]} == {HOUR // 4}
    assert edges[-1].end == T + 1 + 72 * HOUR
    assert slot_edges(T, [])[-1].end == T + 24 * HOUR


def test_water_gives_promises_first_and_the_rest_to_all() -> None:
    early, late = demand(1, 20.0, 1.0), demand(2, 20.0, 4.0)
    amps = poured(slots(4), [early, late])
    assert amps["CS1", 1][0] == pytest.approx(29.0, abs=0.3)
    found = energies(slots(4), [early, late], amps)
    assert found == pytest.approx({early.key: 20_000, late.key: 20_000}, abs=120)


def test_a_car_that_promised_nothing_is_counted_at_its_minimum_for_some_hours() -> None:
    other = Point(key=("CS9", 1), node="s")
    first, later = poured(slots(6), [demand(1, 155.0, 6.0, cap_a=40.0)], [other])["CS1", 1][::5]
    assert (first < 40, later) == (True, 40.0)


@pytest.mark.parametrize(("one", "amps", "found"), [
    (demand(), 0.2, 0.0), (demand(), 2.0, 6.0), (demand(), 31.23, 31.3), (demand(cap_a=10.0), 12.0, 10.0),
    (demand(steps=(6.0, 10.0, 16.0)), 11.0, 16.0),
])  # fmt: skip
def test_currents_that_a_car_knows(one: Demand, amps: float, found: float) -> None:
    assert usable(one, amps) == found


def test_why_a_promise_cannot_be_kept() -> None:
    time = demand(1, 60.0, 2.0)
    found = schedule(slots(4), [time], {time.key: [32.0, 32.0, 0.0, 0.0]}, "water_filling")
    assert found.short[time.key] == ("time", "until it leaves 32 A bring 44.2 of 60.0 kWh")
    full = demand(1, 40.0, 2.0)
    found = schedule(slots(4), [full], {full.key: [20.0, 20.0, 0.0, 0.0]}, "water_filling")
    assert found.short[full.key][0] == "full"
    assert "Site L1 is full" in found.short[full.key][1]
    assert usable_hours(slots(1)[0], demand(hours=0.5)) == 0.5
