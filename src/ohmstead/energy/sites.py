"""A site as the database tells of it, made into the tree and the EVSEs that the control works on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ohmstead.domain.allocation import Key, Node, Phases
from ohmstead.domain.needs import STALE, Need, Plan
from ohmstead.domain.planning import HOUR
from ohmstead.domain.profiles import SECOND, VOLTAGE, Place, Profile, allowed
from ohmstead.domain.regulation import FOREVER, Account, Evse, ResetLeave
from ohmstead.domain.site_limits import Effective, SiteLimit, effective, effective_a
from ohmstead.domain.site_series import Kind, Series, added, worded
from ohmstead.domain.transactions import Transaction
from ohmstead.runtime import to_datetime
from ohmstead.shapes.energy import CircuitEvse
from ohmstead.store import energy, planning
from ohmstead.store.charging import Limit
from ohmstead.store.db import Db
from ohmstead.store.energy import SiteRow, SiteState, StationRow

LOAD_STALE = 300 * SECOND
"""A metered load older than this counts only where it is above what is configured."""
ALL: tuple[int, ...] = (0, 1, 2)
NONE: Phases = (0.0, 0.0, 0.0)


class Snapshot(Struct, kw_only=True):
    """A grid connection with all sites and circuits below it, at one moment."""

    at: int
    root: SiteRow
    sites: list[SiteRow]
    limit: Effective
    nodes: list[Node]
    safe_nodes: list[Node]
    """The tree with the highest loads that are known, and nothing fed in: what the fail-safe must hold in."""
    evses: list[Evse]
    site_of: dict[int, int]
    """Station -> its site."""
    identities: dict[str, int]
    versions: dict[str, str | None]
    """Station -> its version of OCPP."""
    tenant_id: int
    limits: dict[int, float | None]
    """Site -> its limit now, in W."""
    loads: dict[int, float]
    """Site -> what is drawn there beside the EVSEs, less what is fed in, in W."""
    series: dict[str, list[Series]]
    """Node -> what sun and batteries feed in there over time."""
    sources: dict[int, dict[Kind, float]]
    """Site -> what they feed in there now, in W."""
    entries: dict[int, list[SiteLimit]]
    """Site -> its limits beside its own, also those to come."""
    running: dict[Key, Transaction]
    plan: Plan | None = None
    is_of_these_limits: bool = False
    """The plan was made of the limits that are known now."""


class Roots(NamedTuple):
    """Sites under their grid connections: only those where anything is limited."""

    trees: dict[int, list[SiteRow]]

    def of(self, site_id: int) -> int | None:
        return next((root for root, tree in self.trees.items() if any(one.id == site_id for one in tree)), None)


async def load_roots(db: Db, *, every: bool = False) -> Roots:
    """Every tree of sites of which at least one has a limit, a circuit or prices; or every tree."""
    sites, limited = await energy.load_sites(db), await energy.limited_sites(db)
    trees: dict[int, list[SiteRow]] = {}
    for site in sites.values():
        trees.setdefault(_root(site, sites), []).append(site)
    return Roots({
        root: tree for root, tree in trees.items()
        if every or any(one.id in limited or one.limit_w is not None or one.limit_a is not None for one in tree)
    })  # fmt: skip


def _root(site: SiteRow, every: Mapping[int, SiteRow]) -> int:
    seen = {site.id}
    while site.parent_id is not None and site.parent_id in every and site.parent_id not in seen:
        site = every[site.parent_id]
        seen.add(site.id)
    return site.id


async def snapshot(db: Db, root_id: int, tree: list[SiteRow], now: int) -> Snapshot:
    """What is known of a grid connection now."""
    states = [await energy.load_site(db, site) for site in tree]
    found = assembled(root_id, states, now)
    needs = {one.id: one for one in await planning.load_open(db)}
    if needs:
        found.plan = await planning.load_plan(db, root_id)
        found.is_of_these_limits = found.plan is not None and found.plan.limits == limits_of(found)
        of_cars = {one.transaction: one for one in needs.values() if one.source == "ev"}
        found.evses = [_with_plan(_told(evse, found, of_cars), found, needs, now) for evse in found.evses]
    return found


def assembled(root_id: int, states: list[SiteState], now: int) -> Snapshot:
    """The tree, and the EVSEs in it."""
    ids = {state.site.id for state in states}
    root = next(state.site for state in states if state.site.id == root_id)
    found = Snapshot(
        at=now, root=root, sites=[state.site for state in states], limit=Effective(None, None, None), nodes=[],
        safe_nodes=[], evses=[], site_of={}, identities={}, versions={}, tenant_id=root.tenant_id, limits={}, loads={},
        series={}, sources={}, entries={}, running={},
    )  # fmt: skip
    for state in states:
        _add_site(found, state, ids, now)
        _add_evses(found, state, now)
    if found.series:
        found.nodes = _noted(found)
    return found


def _noted(found: Snapshot) -> list[Node]:
    """The nodes with words for what is fed in below them."""
    above = {node.id: node.parent for node in found.nodes}
    fed: dict[str, list[tuple[Kind, float]]] = {}
    for node, series in found.series.items():
        at: str | None = node
        while at is not None:
            fed.setdefault(at, []).extend((one.kind, one.now(found.at)) for one in series)
            at = above[at]
    return [replace(node, note=worded(fed.get(node.id, ()))) for node in found.nodes]


def _add_site(found: Snapshot, state: SiteState, ids: set[int], now: int) -> None:
    site = state.site
    limit = effective(site.limit_w, state.limits, now)
    found.limits[site.id] = limit.limit_w
    found.entries[site.id] = state.limits
    if site.id == found.root.id:
        found.limit = limit
    parent = f"site:{site.parent_id}" if site.parent_id in ids and site.id != found.root.id else None
    amps = effective_a(site.limit_a, state.limits, now)
    own = Node(f"site:{site.id}", site.name, parent, amps, limit.limit_w)
    first, metered = len(found.nodes), _metered(state, 0, now)
    _add_node(found, state, own, 0, metered, metered, now)
    for circuit in state.circuits:
        above = f"site:{site.id}" if circuit.parent_id is None else f"circuit:{circuit.parent_id}"
        fixed = ((circuit.unmanaged_load_w or 0.0) / VOLTAGE / 3,) * 3
        load = _metered(state, circuit.id, now)
        highest = _highest(load, fixed)
        is_fresh = now - state.loads.get(circuit.id, (NONE, 0))[1] <= LOAD_STALE
        node = Node(f"circuit:{circuit.id}", circuit.name, above, circuit.limit_a, circuit.limit_w)
        _add_node(found, state, node, circuit.id, load if is_fresh else highest, highest, now)
    found.loads[site.id] = sum(sum(node.load_a) for node in found.nodes[first:]) * VOLTAGE


def _metered(state: SiteState, circuit: int, now: int) -> Phases:
    """The load as it was metered last; what was fed in long ago says nothing now."""
    load, at = state.loads.get(circuit, (NONE, 0))
    return load if now - at <= LOAD_STALE else _highest(load, NONE)


def _add_node(
    found: Snapshot, state: SiteState, node: Node, circuit: int, load: Phases, safe: Phases, now: int
) -> None:  # fmt: skip
    """A node with what is drawn and fed in there: now, and at worst."""
    series = [one for one in state.series if one.circuit == circuit]
    fed = [(one.kind, one.now(now)) for one in series]
    sources = found.sources.setdefault(state.site.id, {})
    for kind, watts in fed:
        sources[kind] = sources.get(kind, 0.0) + watts
    now_a = [one.load_a(watts) for one, (_, watts) in zip(series, fed, strict=True)]
    worst_a = [one.load_a(min(0.0, one.lowest(now, FOREVER))) for one in series]
    found.nodes.append(replace(node, load_a=added(load, *now_a)))
    found.safe_nodes.append(replace(node, load_a=added(_highest(safe, NONE), *worst_a)))
    if series:
        found.series[node.id] = series


def _highest(one: Phases, other: Phases) -> Phases:
    return (max(one[0], other[0]), max(one[1], other[1]), max(one[2], other[2]))


# ---------------------------------------------------------------------- the plan


def limits_of(found: Snapshot) -> str:
    """Changes with any limit of the grid connection, of now or to come."""
    tree = [(node.id, node.parent, node.limit_a, node.limit_w) for node in found.nodes if node.id[:5] != "site:"]
    own = [(site.id, site.parent_id, site.limit_w, site.limit_a, found.entries.get(site.id)) for site in found.sites]
    return sha256(repr((tree, own, found.series)).encode()).hexdigest()[:16]


def _told(evse: Evse, found: Snapshot, of_cars: Mapping[int | None, Need]) -> Evse:
    """The EVSE with what its car said (ISO 15118)."""
    transaction = found.running.get(evse.key)
    need = None if transaction is None else of_cars.get(transaction.id)
    if need is None:
        return evse
    return replace(evse, asked_at=need.asked_at or 0, car_phases=None if need.ev is None else need.ev.phases)


def _with_plan(evse: Evse, found: Snapshot, needs: Mapping[int, Need], now: int) -> Evse:
    """The EVSE with what the plan of the hours to come gives it now; past a stale plan what its promise needs on
    average."""
    plan, transaction = found.plan, found.running.get(evse.key)
    if plan is None or transaction is None:
        return evse
    car = next((one for one in plan.cars if one.transaction == transaction.id and one.need in needs), None)
    if car is None:
        return evse
    need, slot = needs[car.need], plan.slot(now)
    if need.ev is not None and need.ev.max_periods is not None:
        evse = replace(evse, periods_max=max(1, need.ev.max_periods))
    if slot is None or now - plan.at > STALE:
        hours = max(0.25, (need.ready_by - now) / HOUR)
        return replace(evse, need_a=need.rest_wh / hours / car.watts_per_a)
    if found.is_of_these_limits:
        evse = replace(evse, tail=plan.tail(car))
    if not car.may_wait or not (need.rest_wh > 0 or need.gives):
        return replace(evse, need_a=max(0.0, car.amps[slot]))
    by = to_datetime(need.ready_by).strftime("%H:%M")
    why = f"planned: {need.rest_wh / 1000:.1f} kWh by {by} UTC, in the cheapest hours"
    if car.amps[slot] < 0 and found.versions.get(evse.key[0]) == "2.1":
        watts = car.amps[slot] * car.watts_per_a
        why = f"planned: {-watts / 1000:.1f} kW out of the car, because this hour is dear; {why[9:]}"
        return replace(evse, planned_a=0.0, planned_why=why, setpoint_w=round(watts))
    amps = max(0.0, car.amps[slot])
    return replace(evse, need_a=amps, planned_a=amps, planned_why=why)


# ---------------------------------------------------------------------- the EVSEs


class _Wired(NamedTuple):
    node: str
    said: CircuitEvse | None


def _add_evses(found: Snapshot, state: SiteState, now: int) -> None:
    numbers = {station.identity: station.id for station in state.stations.values()}
    wired: dict[tuple[int, int], _Wired] = {key: _Wired(f"site:{state.site.id}", None) for key in state.evses}
    for circuit in state.circuits:
        for one in circuit.evses:
            if one.station_id in numbers:
                wired[numbers[one.station_id], one.evse_id] = _Wired(f"circuit:{circuit.id}", one)
    running: dict[tuple[int, int], Transaction] = {}
    for transaction in state.active:
        key = (transaction.station_id, transaction.evse_id or 1)
        wired.setdefault(key, _Wired(f"site:{state.site.id}", None))
        if key not in running or running[key].started_at < transaction.started_at:
            running[key] = transaction
    many = {station: sum(1 for one, _ in wired if one == station) for station, _ in wired}
    for (number, evse_id), where in sorted(wired.items()):
        station = state.stations.get(number)
        if station is None:
            continue
        node = _station_node(found, station, where.node, state.external.get(number, ()), now)
        account = state.accounts.get((number, evse_id), Account())
        external = _external(state.external.get(number, ()), evse_id, now)
        evse = _evse(
            station, evse_id, where.said, node, running.get((number, evse_id)), account, many[number], external
        )
        others = any(one == number and other != evse_id for one, other in running)
        leave = _leave(station.capabilities.get("reset_if_disobedient", state.site.reset_if_disobedient))
        found.evses.append(replace(evse, others_charge=others, reset=leave))
        found.site_of[number] = state.site.id
        found.identities[station.identity] = number
        found.versions[station.identity] = station.ocpp_version
        if (number, evse_id) in running:
            found.running[station.identity, evse_id] = running[number, evse_id]


def _evse(
    station: StationRow, evse_id: int, said: CircuitEvse | None, node: str, running: Transaction | None,
    account: Account, count: int, external: tuple[float, str] | None,
) -> Evse:  # fmt: skip
    can = station.capabilities
    said = said or CircuitEvse(station_id=station.identity, evse_id=evse_id)
    power = None if running is None else running.power
    return Evse(
        key=(station.identity, evse_id),
        node=node,
        station=station.id,
        phases=_phases(said),
        # a phase was chosen for it, so it uses one, also when what it needed is met
        car_phases=1 if running is not None and account.phase_for == running.transaction_id else None,
        may_choose=said.chooses_phase and station.ocpp_version not in (None, "1.6"),
        rating_a=said.max_a,
        min_a=said.min_a,
        steps=tuple(said.steps_a or _numbers(can.get("current_steps_a"))),
        priority=said.priority,
        online=station.connected_since is not None and station.registration == "accepted",
        ever_seen=station.last_seen_at is not None,
        connected_since=station.connected_since,
        alone=count == 1,
        transaction_id=None if running is None else running.transaction_id,
        started_at=0 if running is None else running.started_at,
        full=running is not None and running.charging_state == "SuspendedEV",
        measured_w=None if power is None else power[1],
        measured_at=0 if power is None else power[0],
        external_a=None if external is None else external[0],
        external_source="" if external is None else external[1],
        account=account,
    )


def _leave(said: Any) -> ResetLeave:
    return said if said in ("idle", "always") else "never"


def _numbers(value: Any) -> list[float]:
    return [float(one) for one in value if isinstance(one, int | float)] if isinstance(value, list | tuple) else []


def _phases(said: CircuitEvse) -> tuple[int, ...]:
    if isinstance(said.phases, int):
        return ALL[: said.phases]
    return tuple(dict.fromkeys(int(name[1]) - 1 for name in said.phases))


def _limit_now(limit: Limit, now: int) -> float | None:
    """What somebody else's limit is now, in A per phase."""
    found = [allowed([_as_profile(schedule, limit)], now, "A", Place(0)) for schedule in limit.schedules]
    return min((one[0] for one in found if one is not None), default=None)


def _as_profile(schedule: Any, limit: Limit) -> Profile:
    return Profile(id=0, evse_id=0, stack_level=0, purpose="ChargingStationExternalConstraints", kind="Absolute",
                   schedules=(schedule,), received_at=limit.since)  # fmt: skip


def _external(limits: Iterable[Limit], evse_id: int, now: int) -> tuple[float, str] | None:
    mine = [
        (amps, one.source) for one in limits if one.evse_id == evse_id and (amps := _limit_now(one, now)) is not None
    ]
    return min(mine, default=None)


def _station_node(found: Snapshot, station: StationRow, node: str, limits: Iterable[Limit], now: int) -> str:
    """A fuse of its own for a station that others limit as a whole."""
    mine = [amps for one in limits if one.evse_id == 0 and (amps := _limit_now(one, now)) is not None]
    id = f"station:{station.id}"
    if not mine:
        return node
    if all(one.id != id for one in found.nodes):
        own = Node(id, f"what others allow {station.identity}", node, (min(mine),) * 3)
        found.nodes.append(own)
        found.safe_nodes.append(own)
    return id
