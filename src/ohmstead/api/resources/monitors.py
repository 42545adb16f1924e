"""Monitors of a station: what it watches on its own."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ohmstead.api.exchange import Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.shapes.monitor import Monitors
from ohmstead.store import monitors as own
from ohmstead.store.resources import monitors

routes = Routes("Monitoring")


class MonitorQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    severity: Annotated[int, Meta(ge=0, le=9, description="that bad or worse: 0 (danger) to 9 (debug)")] | None = None
    kind: Literal["hard_wired", "preconfigured", "custom"] | None = None


@routes.get("/stations/{id}/monitors", scope="stations:read")
async def list_monitors(exchange: Exchange, id: str, query: MonitorQuery) -> Monitors:
    """The monitors of a station, and how its monitoring is set. The commands `set_variable_monitoring`,
    `clear_variable_monitoring`, `set_monitoring_base`, `set_monitoring_level` and `get_monitoring_report` change and
    read them again."""
    station = (await wanted(exchange, id))["id"]
    found = await monitors.page(
        exchange.db,
        exchange.tenant_id,
        station=station,
        limit=query.limit,
        cursor=position(query),
        severity=query.severity,
        kind=query.kind,
    )
    shown, state = page(found, monitors.form), await own.load_state(exchange.db, station)
    return Monitors(
        data=shown.data,
        next_cursor=shown.next_cursor,
        base=state.base,  # type: ignore[arg-type]
        level=state.level,
        report=monitors.report_form(state),
    )
