"""Searches for what is missing, and sealed records, as the API lists and shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from ohmstead.runtime import to_datetime
from ohmstead.shapes.transaction import Reconciliation, Record, Transaction
from ohmstead.store.db import Db
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites, of_station
from ohmstead.store.statement import Statement
from ohmstead.store.tables import reconciliations, records, stations

_r = reconciliations.c
LIST = Listing(
    select(stations.c.identity, *reconciliations.columns).select_from(
        reconciliations.join(stations, _r.station_id == stations.c.id)
    ),
    tenant=_r.tenant_id,
    site=stations.c.site_id,
    orders={"id": (_r.transaction,)},
    filters={
        "which": _r.transaction == bindparam("which"),
        "station_id": of_station(_r.station_id),
        "state": _r.state == bindparam("state"),
        "verdict": _r.verdict == bindparam("verdict"),
    },
)
_RECORDS = Statement(
    select(records.c.version, records.c.sealed_at, records.c.reason, records.c.body)
    .where(records.c.tenant_id == bindparam("tenant"), records.c.transaction == bindparam("which"))
    .order_by(records.c.version.desc())
)
_transaction = msgspec.json.Decoder(Transaction).decode


async def page(db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    """Newest transactions first; filters: station_id, state, verdict."""
    return await LIST.page(db, tenant_id, sites, order="-id", limit=limit, cursor=cursor, **filters)


async def sealed(db: Db, tenant_id: int, transaction: int) -> list[Record]:
    """The records of a transaction, the one that counts first."""
    rows = await db.fetch(_RECORDS, tenant=tenant_id, which=transaction)
    return [
        Record(version=version, sealed_at=to_datetime(at), reason=reason, transaction=_transaction(body))
        for version, at, reason, body in rows
    ]


def form(row: Mapping[str, Any]) -> Reconciliation:
    is_open = row["state"] == "open"
    said = {name: None if row[name] is None else bool(row[name]) for name in ("ongoing", "in_queue")}
    return Reconciliation(
        transaction_id=str(row["transaction"]),
        station_id=row["identity"],
        state=row["state"],
        reason=row["reason"],
        opened_at=to_datetime(row["opened_at"]),
        due_at=to_datetime(row["due_at"]) if is_open else None,
        asked=row["asked"],
        ongoing=said["ongoing"],
        in_queue=said["in_queue"],
        verdict=row["verdict"],
        closed_at=None if row["closed_at"] is None else to_datetime(row["closed_at"]),
    )
