"""Who did what to what, for good."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, or_, select

from ohmstead import runtime
from ohmstead.ocpp.masking import masked
from ohmstead.shapes.access import AuditEntry
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites, in_sites, site_arguments
from ohmstead.store.statement import Statement
from ohmstead.store.tables import audit, stations

_ADD = Statement(insert(audit).values({column.name: bindparam(column.name) for column in audit.columns}))
_LIST = Listing(
    select(audit),
    tenant=audit.c.tenant_id,
    site=None,
    orders={"at": (audit.c.at, audit.c.id)},
    filters={name: audit.c[name] == bindparam(name) for name in ("actor", "action", "subject")},
)


@cache
def _list_in_sites(count: int) -> Listing:
    """What one caller did, and what was done to the stations of `count` sites."""
    c = stations.c
    of_the_sites = select(c.identity).where(c.tenant_id == bindparam("tenant"), in_sites(c.site_id, count))
    seen = or_(audit.c.actor == bindparam("caller"), audit.c.subject.in_(of_the_sites))
    query = select(audit).where(seen)
    return Listing(query, tenant=audit.c.tenant_id, site=None, orders=_LIST.orders, filters=_LIST.filters)


async def add(
    tx: Tx, tenant_id: int, id: int, at: int, actor: str, action: str, subject: str, detail: Any = None
) -> None:
    await tx.execute_all([added(tenant_id, id, at, actor, action, subject, detail)])


def added(tenant_id: int, id: int, at: int, actor: str, action: str, subject: str, detail: Any = None) -> Changed:
    """An entry, to be written with other changes."""
    return _ADD, {
        "id": id, "tenant_id": tenant_id, "at": at, "actor": actor, "action": action, "subject": subject,
        "detail": None if detail is None else masked(encode(detail)),
    }  # fmt: skip


async def page(
    db: Db, tenant_id: int, sites: Sites = None, caller: str = "", *, limit: int, cursor: Cursor | None, **filters: Any
) -> Found:
    """Newest first, as far as `caller`, who sees `sites`, may know; `filters`: actor, action, subject."""
    if sites is None:
        return await _LIST.page(db, tenant_id, None, order="-at", limit=limit, cursor=cursor, **filters)
    also = {"caller": caller, **site_arguments(sites)}
    listing = _list_in_sites(len(sites))
    return await listing.page(db, tenant_id, None, order="-at", limit=limit, cursor=cursor, also=also, **filters)


def shown(row: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        id=str(row["id"]),
        at=runtime.to_datetime(row["at"]),
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        detail=None if row["detail"] is None else msgspec.json.decode(row["detail"]),
    )
