"""The default tariffs that 2.1 stations have, as far as they said or accepted."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import station_tariffs

_c = station_tariffs.c
_OWN = _c.station_id == bindparam("station")
_row = insert(station_tariffs).values({column.name: bindparam(column.name) for column in station_tariffs.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "evse_id"],
        set_={name: _row.excluded[name] for name in ("tariff_id", "updated_at")},
    )
)
_DROP_ALL = Statement(delete(station_tariffs).where(_OWN))
_DROP = Statement(delete(station_tariffs).where(_OWN, _c.tariff_id == bindparam("which")))
_OF = Statement(select(_c.evse_id, _c.tariff_id).where(_OWN).order_by(_c.evse_id))


async def of_station(db: Db, station_id: int) -> dict[int, str]:
    """EVSE (0: all) -> the tariff, as the station knows it."""
    return {row[0]: row[1] for row in await db.fetch_many(_OF, station=station_id)}


def put(tenant_id: int, station_id: int, evse_id: int, tariff_id: str, now: int) -> Changed:
    row = {"station_id": station_id, "evse_id": evse_id, "tenant_id": tenant_id}
    return _PUT, row | {"tariff_id": tariff_id, "updated_at": now}


def dropped(station_id: int, tariff_id: str | None = None) -> Changed:
    """The station has it no more; None: none at all."""
    if tariff_id is None:
        return _DROP_ALL, {"station": station_id}
    return _DROP, {"station": station_id, "which": tariff_id}
