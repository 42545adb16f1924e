"""What the control of sites reads and writes: trees of circuits, limits, loads, accounts of EVSEs, samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.allocation import Phases
from ohmstead.domain.profiles import Schedule
from ohmstead.domain.regulation import Account
from ohmstead.domain.site_limits import SiteLimit
from ohmstead.domain.site_series import Kind, Series
from ohmstead.domain.transactions import Transaction
from ohmstead.shapes.energy import CircuitEvse
from ohmstead.store.bulk import Changed
from ohmstead.store.charging import Limit
from ohmstead.store.db import Db, encode
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import (
    circuits,
    commands,
    connectors,
    evse_accounts,
    external_limits,
    site_limits,
    site_loads,
    site_prices,
    site_samples,
    site_series,
    sites,
    stations,
    transactions,
)

SITE: Any = bindparam("site")
_s, _c, _l, _o = sites.c, circuits.c, site_limits.c, site_loads.c
SITES = Statement(select(_s.id, _s.tenant_id, _s.parent_id, _s.name, _s.limit_w, _s.limit_a, _s.reset_if_disobedient))
CIRCUITS = Statement(
    select(_c.id, _c.site_id, _c.parent_id, _c.name, _c.limit_a, _c.unmanaged_load_w, _c.evses, _c.limit_w).where(
        _c.site_id == SITE
    )
)
LIMITS = Statement(
    select(
        _l.id, _l.limit_w, _l.start_at, _l.end_at, _l.ramp_s, _l.priority, _l.name, _l.ramp_from_w, _l.kind, _l.limit_a
    ).where(_l.site_id == SITE)
)  # fmt: skip
LIMITED = Statement(select(_l.site_id).union(select(_c.site_id), select(site_prices.c.site_id)))
LOADS = Statement(select(_o.circuit_id, _o.load_a, _o.at).where(_o.site_id == SITE))
_v = site_series.c
SERIES = Statement(select(_v.kind, _v.circuit_id, _v.phases, _v.slots).where(_v.site_id == SITE))
_at_site = (stations.c.site_id == SITE, stations.c.archived_at.is_(None))
STATIONS = Statement(
    select(
        stations.c.id, stations.c.identity, stations.c.connected_since, stations.c.last_seen_at,
        stations.c.registration, stations.c.capabilities, stations.c.ocpp_version,
    ).where(*_at_site)
)  # fmt: skip
EVSES = Statement(
    select(connectors.c.station_id, connectors.c.evse_id)
    .join(stations, stations.c.id == connectors.c.station_id)
    .where(*_at_site, connectors.c.evse_id > 0)
    .distinct()
)
ACTIVE = Statement(
    select(transactions.c.body)
    .join(stations, stations.c.id == transactions.c.station_id)
    .where(*_at_site, transactions.c.state == fixed("active"))
)
ACCOUNTS = Statement(
    select(evse_accounts.c.station_id, evse_accounts.c.evse_id, evse_accounts.c.body)
    .join(stations, stations.c.id == evse_accounts.c.station_id)
    .where(*_at_site)
)
ACCOUNT = Statement(
    select(evse_accounts.c.site_id).where(
        evse_accounts.c.station_id == bindparam("station"), evse_accounts.c.evse_id == bindparam("evse")
    )
)
_x = external_limits.c
EXTERNAL = Statement(
    select(_x.station_id, _x.evse_id, _x.source, _x.grid_critical, _x.body, _x.since)
    .join(stations, stations.c.id == _x.station_id)
    .where(*_at_site)
)
STATES = Statement(select(commands.c.id, commands.c.state).where(commands.c.id == bindparam("which")))
_account = insert(evse_accounts).values({column.name: bindparam(column.name) for column in evse_accounts.columns})
PUT_ACCOUNT = Statement(
    _account.on_conflict_do_update(
        index_elements=["station_id", "evse_id"],
        set_={name: _account.excluded[name] for name in ("site_id", "body", "updated_at")},
    )
)
_sample = insert(site_samples).values({column.name: bindparam(column.name) for column in site_samples.columns})
ADD_SAMPLE = Statement(_sample.on_conflict_do_nothing())

_transaction = msgspec.json.Decoder(Transaction)
_decode_account = msgspec.json.Decoder(Account)
_schedules = msgspec.json.Decoder(tuple[Schedule, ...])
_phases = msgspec.json.Decoder(tuple[float, float, float])
_evses = msgspec.json.Decoder(list[CircuitEvse])
_wired = msgspec.json.Decoder(tuple[int, ...])
_slots = msgspec.json.Decoder(tuple[tuple[int, int, float], ...])


class Circuit(NamedTuple):
    id: int
    site_id: int
    parent_id: int | None
    name: str
    limit_a: Phases
    unmanaged_load_w: float | None
    evses: list[CircuitEvse]
    limit_w: float | None = None


class SiteRow(NamedTuple):
    id: int
    tenant_id: int
    parent_id: int | None
    name: str
    limit_w: float | None
    limit_a: Phases | None
    reset_if_disobedient: str | None = None


class StationRow(NamedTuple):
    id: int
    identity: str
    connected_since: int | None
    last_seen_at: int | None
    registration: str
    capabilities: dict[str, Any]
    ocpp_version: str | None = None


class SiteState(Struct, kw_only=True):
    """All that one site's plan depends on."""

    site: SiteRow
    circuits: list[Circuit]
    limits: list[SiteLimit]
    loads: dict[int, tuple[Phases, int]]
    """Circuit (0: the site) -> A per phase, and when that was measured."""
    series: list[Series]
    stations: dict[int, StationRow]
    evses: set[tuple[int, int]]
    active: list[Transaction]
    accounts: dict[tuple[int, int], Account]
    external: dict[int, list[Limit]]


async def load_sites(db: Db) -> dict[int, SiteRow]:
    """All sites there are."""
    return {
        id: SiteRow(id, tenant, parent, name, watts, None if amps is None else _phases.decode(amps), reset)
        for id, tenant, parent, name, watts, amps, reset in await db.fetch_many(SITES)
    }


def below(wanted: Iterable[int], every: Mapping[int, SiteRow]) -> list[SiteRow]:
    """Sites, and all that lie below them."""
    found, grown = set(wanted), True
    while grown:
        more = {one.id for one in every.values() if one.parent_id in found} - found
        found, grown = found | more, bool(more)
    return [one for one in every.values() if one.id in found]


async def limited_sites(db: Db) -> set[int]:
    """Sites with circuits, prices, or limits beside their own."""
    return {row[0] for row in await db.fetch_many(LIMITED)}


async def load_site(db: Db, site: SiteRow) -> SiteState:
    """One site."""
    which = {"site": site.id}
    external: dict[int, list[Limit]] = {}
    for row in await db.fetch(EXTERNAL, **which):
        external.setdefault(row[0], []).append(Limit(row[1], row[2], row[3] == 1, _schedules.decode(row[4]), row[5]))
    return SiteState(
        site=site,
        circuits=[
            Circuit(row[0], row[1], row[2], row[3], _phases.decode(row[4]), row[5], _evses.decode(row[6]), row[7])
            for row in await db.fetch(CIRCUITS, **which)
        ],
        limits=[
            SiteLimit(
                id=row[0],
                limit_w=row[1],
                start=row[2],
                end=row[3],
                ramp_s=row[4],
                priority=row[5],
                name=row[6],
                ramp_from_w=row[7],
                is_event=row[8] == "event",
                limit_a=None if row[9] is None else _phases.decode(row[9]),
            )
            for row in await db.fetch(LIMITS, **which)
        ],
        loads={row[0]: (_phases.decode(row[1]), row[2]) for row in await db.fetch(LOADS, **which)},
        series=[
            Series(kind=row[0], circuit=row[1], phases=_wired.decode(row[2]), slots=_slots.decode(row[3]))
            for row in await db.fetch(SERIES, **which)
        ],
        stations={
            row[0]: StationRow(row[0], row[1], row[2], row[3], row[4], msgspec.json.decode(row[5] or "{}"), row[6])
            for row in await db.fetch_many(STATIONS, **which)
        },
        evses={(row[0], row[1]) for row in await db.fetch_many(EVSES, **which)},
        active=[_transaction.decode(row[0]) for row in await db.fetch_many(ACTIVE, **which)],
        accounts={(row[0], row[1]): _decode_account.decode(row[2]) for row in await db.fetch_many(ACCOUNTS, **which)},
        external=external,
    )


async def states_of(db: Db, ids: list[str]) -> dict[str, str]:
    """What became of commands, by their numbers."""
    found: dict[str, str] = {}
    for id in ids:
        for row in await db.fetch(STATES, which=id):
            found[row[0]] = row[1]
    return found


def account_put(tenant_id: int, site_id: int, station_id: int, evse_id: int, account: Account, now: int) -> Changed:
    return PUT_ACCOUNT, {
        "station_id": station_id, "evse_id": evse_id, "tenant_id": tenant_id, "site_id": site_id,
        "body": encode(account), "updated_at": now,
    }  # fmt: skip


def sampled(
    site: SiteRow, now: int, limit_w: float | None, measured_w: float, load_w: float, evses: Any,
    sources: Mapping[Kind, float] | None = None,
) -> Changed:  # fmt: skip
    return ADD_SAMPLE, {
        "site_id": site.id, "at": now, "tenant_id": site.tenant_id, "limit_w": limit_w, "measured_w": measured_w,
        "load_w": load_w, "body": encode(evses), "sources": encode(sources) if sources else None,
    }  # fmt: skip


async def has_account(db: Db, station_id: int, evse_id: int) -> bool:
    """Whether the control keeps an account of the EVSE: its site is kept inside its limits."""
    return bool(await db.fetch(ACCOUNT, station=station_id, evse=evse_id))
