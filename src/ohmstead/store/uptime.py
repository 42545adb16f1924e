"""The history of connectors and lines, and exclusions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert

from ohmstead.domain.uptime import LINE, Point
from ohmstead.runtime import to_datetime
from ohmstead.shapes.uptime import Exclusion
from ohmstead.store.db import Db, Tx, Write
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites
from ohmstead.store.statement import Statement
from ohmstead.store.tables import availability, exclusions, stations

_a, _x = availability.c, exclusions.c
_row = upsert(availability).values({column.name: bindparam(column.name) for column in availability.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "evse_id", "connector_id", "at"], set_={"state": _row.excluded.state}
    )
)
_before = (
    select(_a.evse_id, _a.connector_id, func.max(_a.at))
    .where(_a.station_id == bindparam("station"), _a.at < bindparam("begin"))
    .group_by(_a.evse_id, _a.connector_id)
)
_POINTS = Statement(
    select(_a.at, _a.evse_id, _a.connector_id, _a.state)
    .where(
        _a.station_id == bindparam("station"),
        or_(
            _a.at.between(bindparam("begin"), bindparam("end")),
            tuple_(_a.evse_id, _a.connector_id, _a.at).in_(_before),
        ),
    )
    .order_by(_a.at, _a.evse_id, _a.connector_id)
)
_EXCLUDED = Statement(
    select(_x.begin_at, _x.end_at, _x.evse_id).where(
        _x.station_id == bindparam("station"), _x.begin_at < bindparam("end"), _x.end_at > bindparam("begin")
    )
)
_ADD = Statement(insert(exclusions).values({column.name: bindparam(column.name) for column in exclusions.columns}))
_REMOVE = Statement(delete(exclusions).where(_x.id == bindparam("which")).returning(_x.id))
_LIST = Listing(
    select(exclusions, stations.c.identity).select_from(exclusions.join(stations, stations.c.id == _x.station_id)),
    tenant=_x.tenant_id,
    site=stations.c.site_id,
    orders={"id": (_x.id,)},
    filters={"which": _x.id == bindparam("which"), "station_id": stations.c.identity == bindparam("station_id")},
)


def write_state(write: Write, at: int, state: str, what: tuple[int, int] = LINE) -> None:
    """Keep that a connector, or the line to the station, is in a state from `at` on."""
    write.execute(
        _PUT, station_id=write.station_id, tenant_id=write.tenant_id, evse_id=what[0], connector_id=what[1], at=at,
        state=state,
    )  # fmt: skip


async def points(db: Db, station_id: int, begin: int, end: int) -> list[Point]:
    """How all of a station was between two instants, with what was last said before the first."""
    rows = await db.fetch_many(_POINTS, station=station_id, begin=begin, end=end)
    return [Point(at, (evse_id, connector_id), state) for at, evse_id, connector_id, state in rows]


async def excluded(db: Db, station_id: int, begin: int, end: int) -> list[tuple[int, int, int | None]]:
    """(begin, end, EVSE or None) of exclusions that touch this time."""
    return [
        (row[0], row[1], row[2]) for row in await db.fetch_many(_EXCLUDED, station=station_id, begin=begin, end=end)
    ]


async def add(tx: Tx, row: Mapping[str, Any]) -> None:
    await tx.execute(_ADD, **row)


async def remove(tx: Tx, id: int) -> bool:
    return bool(await tx.fetch(_REMOVE, which=id))


async def page(db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    """Exclusions, newest first; filter: station_id."""
    return await _LIST.page(db, tenant_id, sites, order="-id", limit=limit, cursor=cursor, **filters)


async def find(db: Db, tenant_id: int, sites: Sites, id: str) -> dict[str, Any] | None:
    """The row of one; None when there is none or the key may not see it."""
    return await _LIST.find(db, tenant_id, sites, id)


def form(row: Mapping[str, Any]) -> Exclusion:
    return Exclusion(
        id=str(row["id"]),
        station_id=row["identity"],
        evse_id=row["evse_id"],
        begin=to_datetime(row["begin_at"]),
        end=to_datetime(row["end_at"]),
        cause=row["cause"],
        text=row["text"],
        created_at=to_datetime(row["created_at"]),
    )
