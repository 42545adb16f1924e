"""The messages on the displays of stations, as far as they are known."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, encode
from ohmstead.store.statement import Statement
from ohmstead.store.tables import display_messages

_c = display_messages.c
_OWN = _c.station_id == bindparam("station")
_row = insert(display_messages).values({column.name: bindparam(column.name) for column in display_messages.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "message_id"],
        set_={"body": _row.excluded.body, "updated_at": _row.excluded.updated_at},
    )
)
_DROP = Statement(delete(display_messages).where(_OWN, _c.message_id == bindparam("which")))
_DROP_OLDER = Statement(delete(display_messages).where(_OWN, _c.updated_at < bindparam("before")))
_OF = Statement(select(_c.message_id, _c.body).where(_OWN).order_by(_c.message_id))


async def of_station(db: Db, station_id: int) -> dict[int, dict[str, Any]]:
    """The messages of a station, by number."""
    return {row[0]: msgspec.json.decode(row[1]) for row in await db.fetch_many(_OF, station=station_id)}


def put(tenant_id: int, station_id: int, message_id: int, body: dict[str, Any], now: int) -> Changed:
    """The station shows this."""
    row = {"station_id": station_id, "message_id": message_id, "tenant_id": tenant_id, "updated_at": now}
    return _PUT, {**row, "body": encode(body)}


def dropped(station_id: int, message_id: int) -> Changed:
    """The station shows it no more."""
    return _DROP, {"station": station_id, "which": message_id}


def dropped_before(station_id: int, before: int) -> Changed:
    """The station shows nothing that it did not tell of since."""
    return _DROP_OLDER, {"station": station_id, "before": before}
