"""Alerts as the API lists and acknowledges them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from ohmstead.domain.alerts import acknowledged
from ohmstead.shapes.alert import Alert
from ohmstead.store import alerts as own
from ohmstead.store.db import Db, Event, Tx, encode
from ohmstead.store.forms import alert_form
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites, of_station
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import alerts, stations

_a = alerts.c
_shown = select(stations.c.identity, *alerts.columns).select_from(alerts.join(stations, _a.station_id == stations.c.id))
LIST = Listing(
    _shown,
    tenant=_a.tenant_id,
    site=stations.c.site_id,
    orders={"id": (_a.id,)},
    filters={
        "which": _a.id == bindparam("which"),
        "station_id": of_station(_a.station_id),
        "firing": _a.state == fixed("firing"),
        "resolved": _a.state == fixed("resolved"),
        "severity": _a.severity <= bindparam("severity"),
        "source": _a.source == bindparam("source"),
        "acknowledged": _a.acknowledged_at.is_not(None),
        "unseen": _a.acknowledged_at.is_(None),
    },
)
_NOW = Statement(select(*own.COLUMNS).where(_a.tenant_id == bindparam("tenant"), _a.id == bindparam("which")))


async def page(
    db: Db,
    tenant_id: int,
    sites: Sites,
    *,
    limit: int,
    cursor: Cursor | None,
    state: str | None = None,
    acknowledged: bool | None = None,
    **filters: Any,
) -> Found:
    """Newest first. `severity`: that bad or worse."""
    flags: dict[str, Any] = {
        "firing": state == "firing" or None,
        "resolved": state == "resolved" or None,
        "acknowledged": acknowledged or None,
        "unseen": True if acknowledged is False else None,
    }
    return await LIST.page(db, tenant_id, sites, order="-id", limit=limit, cursor=cursor, **flags, **filters)


async def find(db: Db, tenant_id: int, sites: Sites, id: str) -> dict[str, Any] | None:
    """The row of one alert; None when there is none or the key may not see it."""
    return await LIST.find(db, tenant_id, sites, id)


async def acknowledge(tx: Tx, row: Mapping[str, Any], by: str, now: int) -> Alert:
    """Write down that somebody has seen it. The station's session may be counting it in this moment: it must look
    again."""
    station_id: int = row["station_id"]
    await tx.execute(CHANGED_ELSEWHERE, station=station_id)
    (newest,) = await tx.fetch(_NOW, tenant=row["tenant_id"], which=row["id"])
    before = own.alert_of({column.name: value for column, value in zip(own.COLUMNS, newest, strict=True)})
    after = acknowledged(before, now, by)
    await tx.execute_all([own.settled(row["tenant_id"], after)])
    shown = alert_form(row["identity"], after)
    if before.state != after.state:
        tx.emit(Event(row["tenant_id"], "ohmstead.alert.resolved", row["identity"], now, encode(shown)))
    tx.ring(STATION_TOPIC, str(station_id))
    return shown


def form(row: Mapping[str, Any]) -> Alert:
    return alert_form(row["identity"], own.alert_of(dict(row)))
