"""Commands as the API lists, shows and cancels them; `store/commands.py` makes and moves them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from ohmstead.runtime import to_datetime
from ohmstead.shapes.command import CallFailure, Command, CommandCall
from ohmstead.shapes.device_model import ChangeResult
from ohmstead.store.commands import COMMAND_TOPIC, step_event
from ohmstead.store.db import Db, Tx
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites, of_station
from ohmstead.store.secrets import SEALED
from ohmstead.store.statement import Statement
from ohmstead.store.tables import commands, sessions, stations

_c = commands.c
_names = (
    "id",
    "type",
    "body",
    "state",
    "reason",
    "answer",
    "error",
    "calls",
    "results",
    "awaits",
    "created_at",
    "expires_at",
)
LIST = Listing(
    select(*(_c[name] for name in _names), stations.c.identity).select_from(
        commands.join(stations, _c.station_id == stations.c.id)
    ),
    tenant=_c.tenant_id,
    site=stations.c.site_id,
    orders={"created_at": (_c.created_at, _c.id)},
    filters={
        "which": _c.id == bindparam("which"),
        "station_id": of_station(_c.station_id),
        "state": _c.state == bindparam("state"),
        "type": _c.type == bindparam("type"),
    },
)
_CANCEL = Statement(
    update(commands)
    .where(_c.tenant_id == bindparam("tenant"), _c.id == bindparam("which"), _c.state == "queued")
    .values(state="cancelled", updated_at=bindparam("at"))
    .returning(_c.id)
)
_OVERTAKEN = Statement(
    update(sessions)
    .where(
        sessions.c.station_id
        == select(_c.station_id)
        .where(_c.tenant_id == bindparam("tenant"), _c.id == bindparam("which"))
        .scalar_subquery()
    )
    .values(generation=sessions.c.generation + 1)
)
"""The session may be about to send it: then its commit finds a newer generation and it looks again."""


async def page(db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    """Newest first."""
    return await LIST.page(db, tenant_id, sites, order="-created_at", limit=limit, cursor=cursor, **filters)


async def find(db: Db, tenant_id: int, sites: Sites, id: str) -> dict[str, Any] | None:
    """The row of one command; None when there is none or the key may not see it."""
    found = await LIST.page(db, tenant_id, sites, order="-created_at", limit=1, which=id)
    return found.rows[0] if found.rows else None


async def cancel(tx: Tx, tenant_id: int, row: Mapping[str, Any], now: int) -> bool:
    """Whether it was still queued, and now never will be sent."""
    await tx.execute(_OVERTAKEN, tenant=tenant_id, which=row["id"])
    if not await tx.fetch(_CANCEL, tenant=tenant_id, which=row["id"], at=now):
        return False
    tx.emit(step_event(tenant_id, row["identity"], row["id"], row["type"], "cancelled", now))
    tx.ring(COMMAND_TOPIC, row["id"])
    return True


def form(row: Mapping[str, Any]) -> Command:
    """The command as the API shows it: what was asked under its own names, and what became of it."""
    asked = msgspec.json.decode(row["body"], type=dict[str, msgspec.Raw])
    raw = asked.get("ocpp")
    return Command(
        id=row["id"],
        station_id=row["identity"],
        state=row["state"],
        answer=None if row["answer"] is None else msgspec.Raw(row["answer"].encode()),
        calls=msgspec.json.decode(row["calls"], type=list[CommandCall]),
        error=None if row["error"] is None else msgspec.json.decode(row["error"], type=CallFailure),
        reason=row["reason"],
        created_at=to_datetime(row["created_at"]),
        expires_at=to_datetime(row["expires_at"]),
        type=None if raw else row["type"],
        fields=None if raw else {name: value for name, value in asked.items() if name not in ("type", SEALED)},
        ocpp=raw,
        results=None if row["results"] is None else msgspec.json.decode(row["results"], type=list[ChangeResult]),
    )
