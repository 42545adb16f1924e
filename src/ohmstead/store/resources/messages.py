"""The message log: what changed nothing lies in `messages`, what changed a transaction in `ledger`, shown as one.

Both tables draw their ids from one counter, so both are read in the order of ids and merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, literal, select

from ohmstead.runtime import to_datetime
from ohmstead.shapes.feed import Message
from ohmstead.store.db import Db
from ohmstead.store.resources import frames
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites, of_station
from ohmstead.store.tables import ledger, messages, stations

_m, _l = messages.c, ledger.c
LOG = Listing(
    select(stations.c.identity, *messages.columns).select_from(messages.join(stations, _m.station_id == stations.c.id)),
    tenant=_m.tenant_id,
    site=stations.c.site_id,
    orders={"id": (_m.id,)},
    filters={
        "which": _m.id == bindparam("which"),
        "station_id": of_station(_m.station_id),
        "action": _m.action == bindparam("action"),
        "invalid": _m.invalid.is_not(None),
        "valid": _m.invalid.is_(None),
    },
)
LEDGER = Listing(
    select(
        _l.id,
        stations.c.identity,
        literal("in").label("direction"),
        _l.action,
        _l.received_at.label("at"),
        _l.received_at.label("answered_at"),
        _l.request,
        _l.answer,
        literal(None).label("invalid"),
    ).select_from(ledger.join(stations, _l.station_id == stations.c.id)),
    tenant=_l.tenant_id,
    site=stations.c.site_id,
    orders={"id": (_l.id,)},
    filters={
        "which": _l.id == bindparam("which"),
        "station_id": of_station(_l.station_id),
        "action": _l.action == bindparam("action"),
    },
)


async def page(
    db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None, invalid: bool | None, **filters: Any
) -> Found:
    """Newest first. `invalid` True: only those that were refused or odd; False: only the others."""
    options: dict[str, Any] = {"order": "-id", "limit": limit, "cursor": cursor}
    flags: dict[str, Any] = {"invalid": invalid or None, "valid": True if invalid is False else None}
    logged = await LOG.page(db, tenant_id, sites, **options, **flags, **filters)
    if invalid:
        return logged
    booked = await LEDGER.page(db, tenant_id, sites, **options, **filters)
    rows = sorted(logged.rows + booked.rows, key=lambda row: row["id"], reverse=True)
    more = len(rows) > limit or logged.cursor or booked.cursor
    rows = rows[:limit]
    return Found(rows, [rows[-1]["id"]] if more else None)


async def find(db: Db, tenant_id: int, sites: Sites, id: str) -> dict[str, Any] | None:
    """The row of one message; None when there is none or the key may not see it."""
    logged = await LOG.find(db, tenant_id, sites, id)
    return await LEDGER.find(db, tenant_id, sites, id) if logged is None else logged


def form(row: Mapping[str, Any]) -> Message:
    """Request and answer joined."""
    request, answer = frames.read(row["request"]), frames.read(row["answer"])
    return Message(
        id=str(row["id"]),
        station_id=row["identity"],
        direction=row["direction"],
        message_id=request.message_id if request else None,
        action=row["action"],
        at=to_datetime(row["at"]),
        answered_at=None if row["answered_at"] is None or answer is None else to_datetime(row["answered_at"]),
        payload=request.payload if request else None,
        answer=answer.payload if answer else None,
        error=answer.error if answer else None,
        signed=request.signed if request else None,
        answer_signed=answer.signed if answer else None,
        invalid=row["invalid"],
        frame=None if request else row["request"],
    )
