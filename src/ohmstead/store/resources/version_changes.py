"""Changes of a station's version as the API lists them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from ohmstead.domain.version_change import Fate
from ohmstead.runtime import to_datetime
from ohmstead.shapes.version_change import SettingFate, VersionChange
from ohmstead.store.db import Db
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.tables import stations, version_changes

_c = version_changes.c
LIST = Listing(
    select(version_changes, stations.c.identity).select_from(
        version_changes.join(stations, _c.station_id == stations.c.id)
    ),
    tenant=_c.tenant_id,
    site=stations.c.site_id,
    orders={"id": (_c.id,)},
    filters={"station": _c.station_id == bindparam("station")},
)
_fates = msgspec.json.Decoder(tuple[Fate, ...]).decode


async def page(db: Db, tenant_id: int, *, station: int, limit: int, cursor: Cursor | None) -> Found:
    """Those of one station, which the caller may see, the newest first."""
    return await LIST.page(db, tenant_id, None, order="-id", limit=limit, cursor=cursor, station=station)


def fates_form(fates: Iterable[Fate]) -> list[SettingFate]:
    """What is lost first, because that is what somebody must look at."""
    order = ("lost", "carried", "same")
    return [
        SettingFate(
            name=one.setting.name,
            value=one.setting.value,
            unit=one.setting.unit,
            evse_id=one.setting.evse_id,
            connector_id=one.setting.connector_id,
            verdict=one.verdict,
            reason=one.reason,
            now=one.now,
        )
        for one in sorted(fates, key=lambda one: order.index(one.verdict))
    ]


def form(row: Mapping[str, Any]) -> VersionChange:
    return VersionChange(
        id=str(row["id"]),
        station_id=row["identity"],
        was=row["was"],
        now=row["now"],
        at=to_datetime(row["at"]),
        state=row["state"],
        transactions=msgspec.json.decode(row["ended"]),
        settings=None if row["fates"] is None else fates_form(_fates(row["fates"])),
        command_id=row["command_id"],
        done_at=None if row["done_at"] is None else to_datetime(row["done_at"]),
    )
