"""The database's rows made into a tree."""

from __future__ import annotations

from typing import Any

from ohmstead.domain.profiles import VOLTAGE
from ohmstead.domain.regulation import Account
from ohmstead.domain.site_series import Series
from ohmstead.domain.transactions import Transaction
from ohmstead.energy.sites import Roots, assembled, limits_of
from ohmstead.shapes.energy import CircuitEvse
from ohmstead.store.charging import Limit
from ohmstead.store.energy import Circuit, SiteRow, SiteState, StationRow
from tests.domain.test_profiles import HOUR, SECOND, T, profile

ROOT = SiteRow(1, 1, None, "Estate", 100_000.0, None)
HALL = SiteRow(2, 1, 1, "Hall", None, (63.0, 63.0, 63.0))


def state(site: SiteRow, **fields: Any) -> SiteState:
    known: dict[str, Any] = {"circuits": [], "limits": [], "loads": {}, "series": [], "stations": {}, "evses": set(),
                             "active": [], "accounts": {}, "external": {}}  # fmt: skip
    return SiteState(site=site, **(known | fields))


def hall(**fields: Any) -> SiteState:
    circuit = Circuit(5, 2, None, "B", (32.0, 32.0, 32.0), 690.0,
                      [CircuitEvse(station_id="CS1", evse_id=1, phases=["L2"], max_a=16.0, priority=3)])  # fmt: skip
    known = {
        "circuits": [circuit],
        "stations": {7: StationRow(7, "CS1", T, T, "accepted", {"current_steps_a": [0, 6, 16]})},
        "evses": {(7, 1), (7, 2)},
        "accounts": {(7, 1): Account(default_a=6.0)},
        "active": [Transaction(id=1, station_id=7, transaction_id="t", evse_id=1, started_at=T, power=(T, 1380.0))],
    }
    return state(HALL, **(known | fields))


def test_a_tree_of_sites_and_circuits() -> None:
    found = assembled(1, [state(ROOT), hall()], T)
    assert [(one.id, one.parent) for one in found.nodes] == [
        ("site:1", None), ("site:2", "site:1"), ("circuit:5", "site:2")
    ]  # fmt: skip
    assert (found.nodes[0].limit_w, found.limit.limit_w) == (100_000, 100_000)
    assert found.nodes[2].load_a == (1.0, 1.0, 1.0)
    one, other = found.evses
    assert (one.node, one.phases, one.rating_a, one.priority, one.steps) == ("circuit:5", (1,), 16, 3, (0, 6, 16))
    assert (one.transaction_id, one.measured_a, one.account.default_a) == ("t", 1380 / VOLTAGE, 6)
    assert (other.node, other.transaction_id, other.alone) == ("site:2", None, False)


def test_a_metered_load_counts_while_it_is_fresh() -> None:
    fresh = assembled(2, [hall(loads={5: ((0.2, 0.2, 0.2), T)})], T)
    assert (fresh.nodes[1].load_a, fresh.safe_nodes[1].load_a) == ((0.2,) * 3, (1.0,) * 3)
    assert assembled(2, [hall(loads={5: ((0.2, 4.0, 0.2), T)})], T + HOUR * SECOND).nodes[1].load_a == (1.0, 4.0, 1.0)


def test_a_rotated_evse_keeps_the_order_of_its_phases_and_only_2_x_chooses_one() -> None:
    wired = CircuitEvse(station_id="CS1", evse_id=1, phases=["L2", "L3", "L1"], chooses_phase=True)
    circuit = Circuit(5, 2, None, "B", (32.0,) * 3, None, [wired])
    for version, may in (("2.0.1", True), ("1.6", False)):
        stations = {7: StationRow(7, "CS1", T, T, "accepted", {"reset_if_disobedient": "idle"}, version)}
        one = assembled(2, [hall(circuits=[circuit], stations=stations)], T).evses[0]
        assert (one.phases, one.may_choose, one.reset, one.others_charge) == ((1, 2, 0), may, "idle", False)
        assert one.car_phases is None
    chosen = {(7, 1): Account(phase=2, phase_for="t")}
    assert assembled(2, [hall(circuits=[circuit], accounts=chosen)], T).evses[0].car_phases == 1


def test_what_was_fed_in_long_ago_says_nothing() -> None:
    sun = hall(loads={0: ((-9.0, 2.0, 0.0), T)})
    fresh, old = assembled(2, [sun], T), assembled(2, [sun], T + HOUR * SECOND)
    assert (fresh.nodes[0].load_a, fresh.safe_nodes[0].load_a) == ((-9, 2, 0), (0, 2, 0))
    assert old.nodes[0].load_a == (0, 2, 0)


def test_sun_and_batteries_count_now_and_never_for_the_fail_safe() -> None:
    hour = (T, T + HOUR * SECOND)
    sun = Series(kind="pv", circuit=5, slots=((*hour, 6900.0),))
    store = Series(kind="battery", phases=(0,), slots=((*hour, 460.0), (hour[1], hour[1] + 1, -2300.0)))
    found = assembled(1, [state(ROOT), hall(series=[sun, store])], T)
    estate, own, circuit = found.nodes
    assert (own.load_a, circuit.load_a, found.loads[2]) == ((-2, 0, 0), (-9, -9, -9), -460 - 6210)
    assert [node.load_a for node in found.safe_nodes[1:]] == [(10, 0, 0), (1, 1, 1)]
    assert found.sources == {1: {}, 2: {"pv": 6900, "battery": 460}}
    assert circuit.note == "with 6.9 kW of sun"
    assert estate.note == own.note == "with 0.5 kW out of the battery and with 6.9 kW of sun"
    dark = assembled(1, [state(ROOT), hall(series=[sun, store])], T + 2 * HOUR * SECOND)
    assert [node.load_a for node in dark.nodes[1:]] == [(0, 0, 0), (1, 1, 1)]
    assert {one.note for one in dark.nodes} == {""}
    assert limits_of(found) != limits_of(assembled(1, [state(ROOT), hall(series=[store])], T))


def test_k09_limits_of_others_are_in_the_plan() -> None:
    schedules = profile(1, 9).schedules
    found = assembled(
        2, [hall(external={7: [Limit(1, "EMS", None, schedules, T), Limit(0, "SO", None, schedules, T)]})], T
    )
    assert (found.evses[0].external_a, found.evses[0].external_source) == (9, "EMS")
    assert found.nodes[-1].limit_a == (9, 9, 9)
    assert {one.node for one in found.evses} == {"station:7"}
    silent = assembled(2, [hall(external={7: [Limit(0, "SO", None, (), T)]})], T)
    assert all(not one.id.startswith("station") for one in silent.nodes)


def test_roots() -> None:
    roots = Roots({1: [ROOT, HALL]})
    assert (roots.of(2), roots.of(1), roots.of(9)) == (1, 1, None)
