"""Uptime of connectors for a month, and the times that do not count against them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import invalid, not_found
from ohmstead.api.resources.holders import MONTH
from ohmstead.api.resources.sites import site_number
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.domain import statements
from ohmstead.domain import uptime as rules
from ohmstead.domain.uptime import LINE, Point, Uptime
from ohmstead.shapes.common import Identity, Page, SiteId
from ohmstead.shapes.uptime import ConnectorUptime, Exclusion, ExclusionNew, StationUptime
from ohmstead.store import tariffs
from ohmstead.store import uptime as store
from ohmstead.store.resources import stations

routes = Routes("Uptime")
SECOND = 1_000_000


class UptimeQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None
    site_id: SiteId | None = None


class ExclusionQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None


@routes.get("/uptime/{month}", scope="stations:read")
async def show_uptime(exchange: Exchange, month: str, query: UptimeQuery) -> Page[StationUptime]:
    """The uptime of each connector in a month (YYYY-MM) of its site's time zone, so far where it is not over:
    (known - (outage - excluded)) / known."""
    if MONTH.fullmatch(month) is None:
        raise not_found("month", month)
    found = await stations.page(
        exchange.db, exchange.tenant_id, exchange.sites, order="id", limit=query.limit, cursor=position(query),
        identity=query.station_id, site_id=None if query.site_id is None else site_number(query.site_id),
    )  # fmt: skip
    made = {row["id"]: await _of_station(exchange, row, month) for row in found.rows}
    return page(found, lambda row: made[row["id"]])


async def _of_station(exchange: Exchange, row: dict[str, Any], month: str) -> StationUptime:
    zone = await tariffs.zone_of(exchange.db, row["id"])
    begin, after = statements.bounds(month, ZoneInfo(zone))
    end = max(begin, min(after, runtime.now()))
    points = await store.points(exchange.db, row["id"], begin, end)
    if row["connected_since"] is None and row["last_seen_at"] is not None:
        points = with_end(points, row["last_seen_at"])
    excluded = await store.excluded(exchange.db, row["id"], begin, end)
    places = sorted({one.what for one in points if one.what[1] > 0})
    return StationUptime(
        station_id=row["identity"],
        month=month,
        time_zone=zone,
        begins_at=runtime.to_datetime(begin),
        ends_at=runtime.to_datetime(end),
        connectors=[
            _form(place, rules.uptime(points, place, begin, end, [
                (a, b) for a, b, evse_id in excluded if evse_id in (None, place[0])
            ])) for place in places
        ],
    )  # fmt: skip


def with_end(points: list[Point], last_seen_at: int) -> list[Point]:
    """Where nobody could say that a station went (its server was killed), it went when it was last seen."""
    line = [one for one in points if one.what == LINE]
    if not line or line[-1].state == "Offline":
        return points
    return sorted([*points, Point(max(last_seen_at, line[-1].at), LINE, "Offline")])


def _form(place: tuple[int, int], one: Uptime) -> ConnectorUptime:
    return ConnectorUptime(
        evse_id=place[0],
        connector_id=place[1],
        percent=one.percent,
        known_s=one.known // SECOND,
        offline_s=one.outage.get("offline", 0) // SECOND,
        faulted_s=one.outage.get("faulted", 0) // SECOND,
        unavailable_s=one.outage.get("unavailable", 0) // SECOND,
        excluded_s=one.excluded // SECOND,
    )


@routes.get("/exclusions", scope="stations:read")
async def list_exclusions(exchange: Exchange, query: ExclusionQuery) -> Page[Exclusion]:
    """Times that do not count against stations, newest first."""
    found = await store.page(
        exchange.db, exchange.tenant_id, exchange.sites, limit=query.limit, cursor=position(query),
        station_id=query.station_id,
    )  # fmt: skip
    return page(found, store.form)


@routes.post("/stations/{id}/exclusions", scope="stations:write", status=201, gives=Exclusion)
async def create_exclusion(exchange: Exchange, id: str, body: ExclusionNew) -> Answer:
    """Say that a time does not count against a station, and why."""
    station = await wanted(exchange, id)
    if body.end <= body.begin:
        raise invalid("/end", "does not lie after `begin`")
    row: dict[str, Any] = {
        "id": await exchange.context.ids.take(),
        "tenant_id": exchange.tenant_id,
        "station_id": station["id"],
        "evse_id": body.evse_id,
        "begin_at": runtime.from_datetime(body.begin),
        "end_at": runtime.from_datetime(body.end),
        "cause": body.cause,
        "text": body.text,
        "created_at": runtime.now(),
    }
    async with exchange.transaction() as tx:
        await store.add(tx, row)
        await exchange.audit(tx, "exclusion.create", id, body)
        return exchange.made(store.form(row | {"identity": id}), Location=f"/api/v1/exclusions/{row['id']}")


@routes.delete("/exclusions/{id}", scope="stations:write")
async def delete_exclusion(exchange: Exchange, id: str) -> None:
    """Let a time count again."""
    found = await store.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if found is None:
        raise not_found("exclusion", id)
    async with exchange.transaction() as tx:
        await store.remove(tx, found["id"])
        await exchange.audit(tx, "exclusion.delete", found["identity"], {"id": id})
