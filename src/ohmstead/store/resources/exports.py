"""Rows for exports: transactions, and sealed records, with their bills and sites."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, select

from ohmstead.store.db import Db
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites
from ohmstead.store.tables import bills, charges, records, sites, stations, transactions

_t, _r, _b = transactions.c, records.c, bills.c
_later = bills.alias("later")
_PLACE = (
    stations.c.identity,
    stations.c.site_id,
    sites.c.name.label("site_name"),
    sites.c.latitude,
    sites.c.longitude,
)


def _newest_bill(transaction: Any) -> Any:
    newest = select(func.max(_later.c.version)).where(_later.c.transaction == transaction).scalar_subquery()
    return (_b.transaction == transaction) & (_b.version == newest)


_TRANSACTIONS = Listing(
    select(_t.id, _t.body, charges.c.total, charges.c.currency, _b.body.label("bill"), *_PLACE).select_from(
        transactions.join(stations, stations.c.id == _t.station_id)
        .outerjoin(sites, sites.c.id == stations.c.site_id)
        .outerjoin(charges, charges.c.transaction == _t.id)
        .outerjoin(bills, _newest_bill(_t.id))
    ),
    tenant=_t.tenant_id,
    site=stations.c.site_id,
    orders={"started_at": (_t.started_at, _t.id)},
    filters={
        "begin": _t.started_at >= bindparam("begin"),
        "end": _t.started_at < bindparam("end"),
        "station_id": stations.c.identity == bindparam("station_id"),
        "site_id": stations.c.site_id == bindparam("site_id"),
    },
)
_newer = records.alias("newer")
_newest = select(func.max(_newer.c.version)).where(_newer.c.transaction == _r.transaction).scalar_subquery()
_RECORDS = Listing(
    select(_r.transaction, _r.version, _r.sealed_at, _r.body, _b.body.label("bill"), *_PLACE)
    .select_from(
        records.join(stations, stations.c.id == _r.station_id)
        .outerjoin(sites, sites.c.id == stations.c.site_id)
        .outerjoin(bills, _newest_bill(_r.transaction))
    )
    .where(_r.version == _newest),
    tenant=_r.tenant_id,
    site=stations.c.site_id,
    orders={"ended_at": (_r.ended_at, _r.transaction)},
    filters={
        "begin": _r.ended_at >= bindparam("begin"),
        "end": _r.ended_at < bindparam("end"),
        "station_id": stations.c.identity == bindparam("station_id"),
        "site_id": stations.c.site_id == bindparam("site_id"),
    },
)


async def transactions_page(
    db: Db, tenant_id: int, allowed: Sites, *, limit: int, cursor: Cursor | None, **filters: Any
) -> Found:
    """Transactions that began in [begin, end), oldest first."""
    return await _TRANSACTIONS.page(db, tenant_id, allowed, order="started_at", limit=limit, cursor=cursor, **filters)


async def records_page(
    db: Db, tenant_id: int, allowed: Sites, *, limit: int, cursor: Cursor | None, **filters: Any
) -> Found:
    """The newest versions of the records that ended in [begin, end), oldest first."""
    return await _RECORDS.page(db, tenant_id, allowed, order="ended_at", limit=limit, cursor=cursor, **filters)
