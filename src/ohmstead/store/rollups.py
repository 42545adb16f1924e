"""Energy by the hour: written when a transaction is sealed, read as sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select

from ohmstead.domain.transactions import Transaction
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Reader
from ohmstead.store.resources.listing import Listing, Sites
from ohmstead.store.statement import Statement
from ohmstead.store.tables import energy_hours, ledger, stations

_e = energy_hours.c
_FORGET = Statement(delete(energy_hours).where(_e.transaction == bindparam("which")))
_ADD = Statement(insert(energy_hours).values({column.name: bindparam(column.name) for column in energy_hours.columns}))
_FRAMES = Statement(
    select(ledger.c.action, ledger.c.request)
    .where(ledger.c.transaction == bindparam("which"))
    .order_by(ledger.c.at, ledger.c.id)
)
_HOURS = Listing(
    select(stations.c.identity, _e.evse_id, _e.hour_at, func.sum(_e.mwh).label("mwh"))
    .select_from(energy_hours.join(stations, stations.c.id == _e.station_id))
    .group_by(stations.c.identity, _e.evse_id, _e.hour_at),
    tenant=_e.tenant_id,
    site=stations.c.site_id,
    orders={"hour": (_e.hour_at, stations.c.identity, _e.evse_id)},
    filters={
        "begin": _e.hour_at >= bindparam("begin"),
        "end": _e.hour_at < bindparam("end"),
        "station_id": stations.c.identity == bindparam("station_id"),
        "site_id": stations.c.site_id == bindparam("site_id"),
    },
)


async def frames_of(db: Reader, transaction: int) -> list[tuple[str, str]]:
    """(action, frame) of every message of a transaction, by time."""
    return [(row[0], row[1]) for row in await db.fetch(_FRAMES, which=transaction)]


def forgotten(transaction: int) -> Changed:
    """The hours that a transaction had until now, taken away."""
    return _FORGET, {"which": transaction}


def added(tenant_id: int, one: Transaction, hours: Mapping[int, int]) -> list[Changed]:
    """The hours of a transaction: beginning -> milliwatt-hours."""
    return [
        (_ADD, {"transaction": one.id, "hour_at": hour, "tenant_id": tenant_id, "station_id": one.station_id,
                "evse_id": one.evse_id, "mwh": mwh})
        for hour, mwh in hours.items()
    ]  # fmt: skip


async def hours(db: Db, tenant_id: int, sites: Sites, *, limit: int, **filters: Any) -> list[dict[str, Any]]:
    """Sums by station, EVSE and hour in [begin, end), in the order of time; up to `limit` of them."""
    found = await _HOURS.page(db, tenant_id, sites, order="hour", limit=limit, **filters)
    return found.rows
