"""Monitors of a station as the API lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from ohmstead.domain.alerts import severity_name
from ohmstead.domain.device_model import Name
from ohmstead.runtime import to_datetime
from ohmstead.shapes.device_model import ReportView
from ohmstead.shapes.monitor import Monitor
from ohmstead.store.db import Db
from ohmstead.store.monitors import Monitoring
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.tables import monitors, stations, terms

_m = monitors.c
_shown = (
    select(*monitors.columns, terms.c.text.label("name"))
    .join_from(monitors, terms, _m.name_id == terms.c.id)
    .join(stations, stations.c.id == _m.station_id)
)
LIST = Listing(
    _shown,
    tenant=_m.tenant_id,
    site=stations.c.site_id,
    orders={"id": (_m.monitor_id,)},
    filters={
        "station": _m.station_id == bindparam("station"),
        "severity": _m.severity <= bindparam("severity"),
        "kind": _m.kind == bindparam("kind"),
    },
)
_decode = msgspec.json.Decoder(Name).decode


async def page(db: Db, tenant_id: int, *, station: int, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    """The monitors of one station, which the caller may see, by their numbers. `severity`: that bad or worse."""
    return await LIST.page(db, tenant_id, None, order="id", limit=limit, cursor=cursor, station=station, **filters)


def form(row: Mapping[str, Any]) -> Monitor:
    name = _decode(row["name"])
    return Monitor(
        id=row["monitor_id"],
        component=name.component,
        component_instance=name.component_instance,
        evse_id=name.evse_id,
        connector_id=name.connector_id,
        variable=name.variable,
        variable_instance=name.variable_instance,
        type=row["type"],
        value=row["value"],
        severity=row["severity"],
        severity_name=severity_name(row["severity"]),
        kind=row["kind"],
        transaction=bool(row["transaction"]),
        updated_at=to_datetime(row["updated_at"]),
    )


def report_form(state: Monitoring) -> ReportView:
    """How the last full report went."""
    at = None if state.report_at is None else to_datetime(state.report_at)
    return ReportView(complete=state.report_complete, missing_parts=list(state.report_missing), at=at)
