"""Procedures, display messages and battery swaps as the API lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from ohmstead.runtime import to_datetime
from ohmstead.shapes.display_message import DisplayMessage
from ohmstead.store.battery_swaps import COLUMNS as SWAP_COLUMNS
from ohmstead.store.db import Db
from ohmstead.store.procedures import COLUMNS
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.tables import battery_swaps, display_messages, procedures

_p, _d, _s = procedures.c, display_messages.c, battery_swaps.c
PROCEDURES = Listing(
    select(*COLUMNS),
    tenant=_p.tenant_id,
    site=None,
    orders={"asked_at": (_p.asked_at, _p.id)},
    filters={
        "station": _p.station_id == bindparam("station"),
        "which": _p.id == bindparam("which"),
        "kind": _p.kind == bindparam("kind"),
        "state": _p.state == bindparam("state"),
    },
)
DISPLAY = Listing(
    select(_d.message_id, _d.body, _d.updated_at),
    tenant=_d.tenant_id,
    site=None,
    orders={"id": (_d.message_id,)},
    filters={"station": _d.station_id == bindparam("station")},
)
SWAPS = Listing(
    select(*SWAP_COLUMNS),
    tenant=_s.tenant_id,
    site=None,
    orders={"id": (_s.id,)},
    filters={"station": _s.station_id == bindparam("station")},
)
_body = msgspec.json.Decoder(dict[str, Any]).decode


async def page(
    db: Db, tenant_id: int, listing: Listing, order: str, *, limit: int, cursor: Cursor | None = None, **filters: Any
) -> Found:
    """Of one station, which the caller may see."""
    return await listing.page(db, tenant_id, None, order=order, limit=limit, cursor=cursor, **filters)


def display_form(row: Mapping[str, Any]) -> DisplayMessage:
    fields = {**_body(row["body"]), "id": row["message_id"], "updated_at": to_datetime(row["updated_at"])}
    return msgspec.convert(fields, DisplayMessage)
