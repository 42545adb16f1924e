"""Battery swaps on disk."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.battery_swaps import Battery, Swap
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row, encode
from ohmstead.store.statement import Statement
from ohmstead.store.tables import battery_swaps

_c = battery_swaps.c
COLUMNS = tuple(_c[name] for name in Swap.__struct_fields__)
_NEWEST = Statement(
    select(*COLUMNS)
    .where(_c.station_id == bindparam("station"), _c.request_id == bindparam("request"))
    .order_by(_c.id.desc())
    .limit(1)
)
_row = insert(battery_swaps).values({column.name: bindparam(column.name) for column in battery_swaps.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["id"],
        set_={name: _row.excluded[name] for name in ("state", "token", "batteries_in", "batteries_out", "updated_at")},
    )
)
_batteries = msgspec.json.Decoder(tuple[Battery, ...]).decode


def swap_of(row: Row) -> Swap:
    """A row of COLUMNS."""
    fields = dict(zip(Swap.__struct_fields__, row, strict=True))
    return Swap(**(fields | {name: _batteries(fields[name]) for name in ("batteries_in", "batteries_out")}))


async def find(db: Db, station_id: int, request_id: int) -> Swap | None:
    """The newest of that number."""
    rows = await db.fetch(_NEWEST, station=station_id, request=request_id)
    return swap_of(rows[0]) if rows else None


def put(tenant_id: int, station_id: int, one: Swap) -> Changed:
    """What to write so that it is as it is now."""
    row = {name: getattr(one, name) for name in Swap.__struct_fields__}
    row |= {name: encode(row[name]) for name in ("batteries_in", "batteries_out")}
    return _PUT, {"tenant_id": tenant_id, "station_id": station_id, **row}
