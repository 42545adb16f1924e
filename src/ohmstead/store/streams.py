"""Periodic event streams on disk. Of each the newest messages are kept, `MOST_MESSAGES` at most."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.device_model import Name
from ohmstead.domain.streams import Stream, Value
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row, encode
from ohmstead.store.statement import Statement
from ohmstead.store.tables import event_streams, stream_values, terms
from ohmstead.store.terms import terms_of

MOST_MESSAGES = 20_000

_s, _v = event_streams.c, stream_values.c
FIELDS = tuple(name for name in Stream.__struct_fields__ if name != "name")
shown = select(*(_s[name] for name in FIELDS), terms.c.text.label("name")).select_from(
    event_streams.outerjoin(terms, _s.name_id == terms.c.id)
)
_OPEN = Statement(shown.where(_s.station_id == bindparam("station"), _s.closed_at.is_(None)).order_by(_s.id))
_ONE = Statement(
    shown.where(_s.station_id == bindparam("station"), _s.closed_at.is_(None), _s.stream_id == bindparam("which"))
)
_row = insert(event_streams).values({column.name: bindparam(column.name) for column in event_streams.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["id"],
        set_={name: _row.excluded[name] for name in ("name_id", *FIELDS) if name not in ("id", "opened_at")},
    )
)
_CLOSE = Statement(update(event_streams).where(_s.id == bindparam("which")).values(closed_at=bindparam("at")))
_part = insert(stream_values).values({column.name: bindparam(column.name) for column in stream_values.columns})
_KEEP = Statement(_part.on_conflict_do_nothing())
_FORGET = Statement(delete(stream_values).where(_v.stream == bindparam("which"), _v.number <= bindparam("last")))

_name = msgspec.json.Decoder(Name).decode


def stream_of(row: Row) -> Stream:
    """A row of `shown`."""
    fields = dict(zip(FIELDS, row, strict=False))
    return Stream(**fields, name=None if row[len(FIELDS)] is None else _name(row[len(FIELDS)]))


async def load_open(db: Db, station_id: int) -> list[Stream]:
    """The open streams of a station."""
    return [stream_of(row) for row in await db.fetch(_OPEN, station=station_id)]


async def find(db: Db, station_id: int, stream_id: int) -> Stream | None:
    """The open stream that the station gave this number."""
    rows = await db.fetch(_ONE, station=station_id, which=stream_id)
    return stream_of(rows[0]) if rows else None


async def put(db: Db, tenant_id: int, station_id: int, one: Stream) -> Changed:
    """What to write so that the stream is as it is now."""
    name_id = None
    if one.name is not None:
        name_id = (await terms_of(db).numbers(db, tenant_id, [one.name]))[one.name]
    fields: dict[str, Any] = {name: getattr(one, name) for name in FIELDS}
    return _PUT, {"tenant_id": tenant_id, "station_id": station_id, "name_id": name_id, **fields}


def closed(id: int, at: int) -> Changed:
    return _CLOSE, {"which": id, "at": at}


def kept(tenant_id: int, stream: Stream, found: tuple[Value, ...], now: int) -> list[Changed]:
    """What to write so that the values of the stream's newest message are kept, and the oldest are not."""
    times = [one.at for one in found]
    row = {
        "stream": stream.id,
        "number": stream.messages,
        "tenant_id": tenant_id,
        "received_at": now,
        "from_at": min(times),
        "to_at": max(times),
        "body": encode(found),
    }
    rows: list[Changed] = [(_KEEP, row)]
    if stream.messages > MOST_MESSAGES:
        rows.append((_FORGET, {"which": stream.id, "last": stream.messages - MOST_MESSAGES}))
    return rows
