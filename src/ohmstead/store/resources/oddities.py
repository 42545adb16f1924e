"""Refused handshakes, and findings: what was odd and accepted all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.runtime import to_datetime
from ohmstead.shapes.feed import Refusal, StationFinding
from ohmstead.store.db import Db, Tx
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites
from ohmstead.store.statement import Statement
from ohmstead.store.tables import findings, refusals, stations

_r, _f = refusals.c, findings.c
REFUSALS = Listing(
    select(refusals).select_from(
        refusals.outerjoin(stations, (stations.c.tenant_id == _r.tenant_id) & (stations.c.identity == _r.identity))
    ),
    tenant=_r.tenant_id,
    site=stations.c.site_id,
    orders={"id": (_r.id,)},
    filters={"station_id": _r.identity == bindparam("station_id"), "code": _r.code == bindparam("code")},
)
FINDINGS = Listing(
    select(findings, stations.c.identity).select_from(findings.join(stations, _f.station_id == stations.c.id)),
    tenant=_f.tenant_id,
    site=stations.c.site_id,
    orders={"last_at": (_f.last_at, _f.station_id, _f.code, _f.action)},
    filters={"station_id": stations.c.identity == bindparam("station_id"), "code": _f.code == bindparam("code")},
)
_new = insert(findings).values({column.name: bindparam(column.name) for column in findings.columns})
_NOTE = Statement(
    _new.on_conflict_do_update(
        index_elements=["station_id", "code", "action"],
        set_={"count": _f.count + 1, "last_at": _new.excluded.last_at, "text": _new.excluded.text},
    )
)


async def refusals_page(
    db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None, **filters: Any
) -> Found:
    """Newest first."""
    return await REFUSALS.page(db, tenant_id, sites, order="-id", limit=limit, cursor=cursor, **filters)


async def findings_page(
    db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None, **filters: Any
) -> Found:
    """The latest first."""
    return await FINDINGS.page(db, tenant_id, sites, order="-last_at", limit=limit, cursor=cursor, **filters)


async def note(tx: Tx, tenant_id: int, station_id: int, code: str, action: str, text: str, now: int) -> None:
    """Count one more of this finding."""
    row = {"station_id": station_id, "code": code, "action": action, "tenant_id": tenant_id, "text": text}
    await tx.execute(_NOTE, **row, count=1, first_at=now, last_at=now)


def refusal_form(row: Mapping[str, Any]) -> Refusal:
    return Refusal(
        id=str(row["id"]),
        at=to_datetime(row["at"]),
        peer=row["peer"],
        target=row["target"],
        station_id=row["identity"],
        status=row["status"],
        code=row["code"],
        reason=row["reason"],
    )


def finding_form(row: Mapping[str, Any]) -> StationFinding:
    return StationFinding(
        station_id=row["identity"],
        action=row["action"],
        code=row["code"],
        text=row["text"],
        count=row["count"],
        first_at=to_datetime(row["first_at"]),
        last_at=to_datetime(row["last_at"]),
    )
