"""Alerts: what a person should look at."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.expanding import ExpandingQuery, page_with_stations
from ohmstead.api.paging import page, position
from ohmstead.api.problems import not_found
from ohmstead.api.routes import Routes
from ohmstead.shapes.alert import Alert, AlertSource, AlertState
from ohmstead.shapes.common import Identity, Page
from ohmstead.store.resources import alerts

routes = Routes("Alerts")


class AlertQuery(ExpandingQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None
    state: AlertState | None = None
    severity: Annotated[int, Meta(ge=0, le=9, description="that bad or worse: 0 (danger) to 9 (debug)")] | None = None
    source: AlertSource | None = None
    acknowledged: bool | None = None


@routes.get("/alerts", scope="alerts:read")
async def list_alerts(exchange: Exchange, query: AlertQuery) -> Page[Alert]:
    """What stations and Ohmstead itself found wrong, newest first; one is open for a station and a subject."""
    found = await alerts.page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        limit=query.limit,
        cursor=position(query),
        station_id=query.station_id,
        state=query.state,
        severity=query.severity,
        source=query.source,
        acknowledged=query.acknowledged,
    )
    return await page_with_stations(exchange, page(found, alerts.form), query.expand)


@routes.post("/alerts/{id}/acknowledge", scope="alerts:write", gives=Alert)
async def acknowledge_alert(exchange: Exchange, id: str) -> Answer:
    """Say that it was seen. One that nothing on the wire will end (`needs_acknowledgement`) is resolved by that."""
    row = await alerts.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("alert", id)
    async with exchange.transaction() as tx:
        shown = await alerts.acknowledge(tx, row, exchange.caller.actor, runtime.now())
        await exchange.audit(tx, "alert.acknowledge", id, {"station_id": row["identity"], "code": row["code"]})
        return exchange.made(shown, status=200)
