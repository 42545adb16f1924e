"""Periodic event streams as the API lists them, and their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from ohmstead.domain.device_model import Name
from ohmstead.domain.streams import Value
from ohmstead.runtime import to_datetime
from ohmstead.shapes.stream import EventStream, StreamValue
from ohmstead.store import streams as own
from ohmstead.store.db import Db
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.statement import Statement
from ohmstead.store.tables import event_streams, stream_values

_s, _v = event_streams.c, stream_values.c
LIST = Listing(
    own.shown,
    tenant=_s.tenant_id,
    site=None,
    orders={"id": (_s.id,)},
    filters={
        "station": _s.station_id == bindparam("station"),
        "which": _s.id == bindparam("which"),
        "open": _s.closed_at.is_(None),
        "closed": _s.closed_at.is_not(None),
    },
)
MESSAGES = 100
"""Messages that are read at once."""
_PARTS = Statement(
    select(_v.number, _v.body)
    .where(
        _v.stream == bindparam("which"),
        _v.number >= bindparam("number"),
        _v.to_at >= bindparam("begin"),
        _v.from_at < bindparam("end"),
    )
    .order_by(_v.number)
    .limit(MESSAGES)
)
_LAST = 1 << 62
_decode = msgspec.json.Decoder(tuple[Value, ...]).decode


async def page(db: Db, tenant_id: int, *, station: int, limit: int, cursor: Cursor | None, open: bool | None) -> Found:
    """The streams of one station, which the caller may see, the newest first."""
    flags: dict[str, Any] = {"open": open or None, "closed": True if open is False else None}
    return await LIST.page(
        db, tenant_id, None, order="-id", limit=limit, cursor=cursor, station=station, **flags
    )  # fmt: skip


async def find(db: Db, tenant_id: int, station: int, id: str) -> dict[str, Any] | None:
    """The row of one stream of that station."""
    return await LIST.find(db, tenant_id, None, id, station=station)


async def values(db: Db, id: int, *, limit: int, cursor: Cursor | None, begin: int | None, end: int | None) -> Found:
    """Values from `begin` until before `end`, message by message as they came; those of one by time."""
    number, skip = cursor or (0, 0)
    rows: list[dict[str, Any]] = []
    first, last = -_LAST if begin is None else begin, _LAST if end is None else end
    while True:
        parts = await db.fetch(_PARTS, which=id, number=number, begin=first, end=last)
        for number, body in parts:
            inside = [one for one in sorted(_decode(body), key=lambda one: one.at) if first <= one.at < last]
            for place, one in enumerate(inside[skip:], skip):
                if len(rows) == limit:
                    return Found(rows, [number, place])
                rows.append({"at": one.at, "value": one.value})
            skip = 0
        if len(parts) < MESSAGES:
            return Found(rows, None)
        number += 1


def form(row: Mapping[str, Any]) -> EventStream:
    name = None if row["name"] is None else msgspec.json.decode(row["name"], type=Name)
    fields = {field: getattr(name, field, None) for field in Name.__struct_fields__}
    return EventStream(
        id=str(row["id"]),
        stream_id=row["stream_id"],
        monitor_id=row["monitor_id"],
        **fields,
        interval_s=row["interval_s"],
        values=row["most_values"],
        opened_at=to_datetime(row["opened_at"]),
        closed_at=None if row["closed_at"] is None else to_datetime(row["closed_at"]),
        messages=row["messages"],
        values_received=row["values"],
        pending=row["pending"],
        last_at=None if row["last_at"] is None else to_datetime(row["last_at"]),
        last_value=row["last_value"],
    )


def value_form(row: Mapping[str, Any]) -> StreamValue:
    return StreamValue(at=to_datetime(row["at"]), value=row["value"])
