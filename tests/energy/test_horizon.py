from __future__ import annotations

import msgspec
import pytest

from ohmstead.domain.allocation import Node
from ohmstead.domain.needs import OfCar
from ohmstead.domain.planning import HOUR, Edge, schedule
from ohmstead.domain.regulation import Account, Evse
from ohmstead.domain.site_limits import Effective, SiteLimit
from ohmstead.domain.site_series import Series
from ohmstead.energy.horizon import cost_of, fingerprint, nodes_in, problem_of
from ohmstead.energy.sites import Snapshot
from ohmstead.store.energy import SiteRow
from ohmstead.store.planning import Prices
from tests.domain.test_needs import T, need

KEY = ("CS1", 1)


def found(**more: object) -> Snapshot:
    site = SiteRow(1, 1, None, "Depot", 50_000.0, None)
    car = Evse(key=KEY, node="site:1", station=7, transaction_id="t", **more)
    away = Evse(key=("CS2", 1), node="site:1", station=8, online=False, account=Account(default_a=6.0))
    return Snapshot(
        at=T, series={}, sources={}, root=site, sites=[site],
        limit=Effective(None, None, None), nodes=[Node("site:1", "Depot", None, None, 50_000)],
        safe_nodes=[], evses=[car, away], site_of={7: 1, 8: 1}, identities={}, versions={}, tenant_id=1, running={},
        limits={}, loads={},
        entries={1: [SiteLimit(id=1, limit_w=20_000, start=T + HOUR // 2, end=T + HOUR)]},
    )  # fmt: skip


def test_limits_to_come_are_in_the_slots_of_their_time() -> None:
    assert nodes_in(found(), Edge(T, T + HOUR // 4))[0].limit_w == 50_000
    assert nodes_in(found(), Edge(T + HOUR // 4, T + HOUR * 2))[0].limit_w == 20_000


def test_the_sun_to_come_is_in_the_slots_of_its_time() -> None:
    some, known = found(), Series(kind="pv", slots=((T, T + HOUR, 2300.0), (T + HOUR, T + 2 * HOUR, 6900.0)))
    some.nodes = [Node("site:1", "Depot", None, None, 50_000, (4.0, 4.0, 4.0))]  # as it is now: the sun is in it
    some.series = {"site:1": [known]}
    quarter = HOUR // 4
    for start, amps in ((0, 4.0), (4, 4 - 20 / 3), (8, 4 + 10 / 3)):
        (node,) = nodes_in(some, Edge(T + start * quarter, T + (start + 1) * quarter))
        assert node.load_a == pytest.approx((amps,) * 3)
    needs, before = [need()], fingerprint(found(), [need()], None)
    assert fingerprint(some, needs, None) != before


def test_cars_with_a_promise_are_planned_and_others_counted() -> None:
    of_car = OfCar(cap_a=10.0, min_a=8.0)
    problem = problem_of(found(planned_a=0.0), {KEY: need(ev=of_car)}, Prices("EUR/kWh", [(T, T + HOUR, 0.2)], T), T)
    (demand,), (other,) = problem.demands, problem.others
    assert (demand.cap_a, demand.min_a, demand.watts, other.fixed_a) == (10.0, 8.0, 690.0, 6.0)
    assert [slot.price for slot in problem.slots[::5]][:2] == [0.2, None]
    best = schedule(problem.slots, problem.demands, {KEY: [10.0] + [0.0] * 95}, "optimiser")
    assert cost_of(problem, best) == pytest.approx(10 * 0.69 * problem.slots[0].hours * 0.2, abs=1e-4)
    assert cost_of(problem_of(found(), {KEY: need()}, None, T), best) is None


def test_a_car_on_one_phase_brings_a_third() -> None:
    one = found(measured_w=16 * 230.0, account=Account(accepted_a=16.0))
    assert problem_of(one, {KEY: need()}, None, T).demands[0].watts == 230.0


def test_a_fingerprint_changes_with_what_matters() -> None:
    before = fingerprint(found(), [need()], None)
    assert fingerprint(found(measured_w=5.0), [need()], None) == before
    assert fingerprint(found(), [need(energy_wh=5.0)], None) != before
    assert fingerprint(found(), [need()], Prices("x", [], 5)) != before
    assert fingerprint(msgspec.structs.replace(found(), entries={}), [need()], None) != before
