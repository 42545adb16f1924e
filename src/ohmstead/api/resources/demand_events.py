"""Demand response: sites that draw less for a while, and the settlement of what they did."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.site_groups import group_row, sites_of_groups
from ohmstead.api.routes import Routes
from ohmstead.domain.demand import Target
from ohmstead.energy import demand_response
from ohmstead.runtime import from_datetime
from ohmstead.shapes.common import Page, Time
from ohmstead.shapes.demand_event import (
    DemandEvent,
    DemandEventChange,
    DemandEventNew,
    DemandEventState,
    DemandReport,
    DemandSettlement,
)
from ohmstead.shapes.site_group import GroupId
from ohmstead.store import demand_events as engine
from ohmstead.store.resources import demand_events, site_groups, sites
from ohmstead.store.resources.listing import Cursor, Found, page_within, within

routes = Routes("Demand response")
PATH = "/demand-response/events"
MOST_SETTLED = 500


class DemandEventQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: DemandEventState | None = None


class SettlementQuery(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    since: Time
    until: Time
    group_id: GroupId | None = None


@routes.get(PATH, scope="sites:read")
async def list_demand_events(exchange: Exchange, query: DemandEventQuery) -> Page[DemandEvent]:
    """Events, newest first. A key that is limited to sites sees those of its sites."""

    def turn(cursor: Cursor | None) -> Awaitable[Found]:
        return demand_events.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=cursor, state=query.state)

    found = await page_within(turn, exchange.sites, query.limit, position(query))
    return page(found, demand_events.form)


@routes.post(PATH, scope="sites:write", status=201, gives=DemandEvent)
async def create_demand_event(exchange: Exchange, body: DemandEventNew) -> Answer:
    """Ask sites to draw less from `from` to `to`. Each gets its limit at the start, in proportion to its baseline."""
    now = runtime.now()
    start = now if body.start is None else from_datetime(body.start)
    end = from_datetime(body.end)
    target = Target(limit_w=body.limit_w, shed_w=body.shed_w, shed_percent=body.shed_percent)
    if sum(value is not None for value in asdict(target).values()) != 1:
        raise invalid("/limit_w", "give exactly one of limit_w, shed_w and shed_percent")
    if end <= max(start, now):
        raise invalid("/to", "is over already" if end <= now else "is not after from")
    asked = [await _site(exchange, one, f"/site_ids/{n}") for n, one in enumerate(body.site_ids)]
    asked += await sites_of_groups(exchange, body.group_ids)
    if not asked:
        raise invalid("/site_ids", "name sites or groups")
    without = [await _site(exchange, one, f"/opt_out/{n}") for n, one in enumerate(body.opt_out)]
    event = engine.Event(
        await exchange.context.ids.take(), exchange.tenant_id, body.name, None, "scheduled",
        list(dict.fromkeys(asked)), without, start, end, target, body.ramp_s, body.priority, [], now,
    )  # fmt: skip
    async with exchange.transaction() as tx:
        await engine.add(tx, event, "api")
        told = {"sites": body.site_ids, "groups": body.group_ids}
        told |= {name: value for name, value in asdict(target).items() if value is not None}
        await exchange.audit(tx, "demand_event.create", str(event.id), told)
        demand_response.tell(tx, event, "scheduled", now)
    return await _answer(exchange, str(event.id), 201)


@routes.get(PATH + "/{id}", scope="sites:read", gives=DemandEvent, with_etag=True)
async def show_demand_event(exchange: Exchange, id: str) -> Answer:
    """One event."""
    row = await _row(exchange, id)
    return exchange.made(demand_events.form(row), status=200, ETag=etag(row["version"]))


@routes.patch(PATH + "/{id}", scope="sites:write", gives=DemandEvent, with_etag=True, matched=True)
async def change_demand_event(exchange: Exchange, id: str, body: DemandEventChange) -> Answer:
    """Say which sites take no part. One that leaves in the middle is free at once, and is left out of the report; what
    was asked of the others stays. None comes back after the start."""
    row = await _row(exchange, id)
    exchange.match(row["version"])
    event, now = engine.event_of(row), runtime.now()
    without = [await _site(exchange, one, f"/opt_out/{n}") for n, one in enumerate(body.opt_out)]
    if event.state not in ("scheduled", "active"):
        raise Refused("conflict", f"The event is {event.state}.")
    if event.state == "active" and not set(event.opt_out) <= set(without):
        raise Refused("conflict", "The event has begun: a site that left it does not come back.")
    async with exchange.transaction() as tx:
        if not await engine.change_opt_out(tx, event.id, row["version"], without):
            raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
        for site in set(without) - set(event.opt_out):
            demand_response.ring(tx, await engine.unlimit(tx, event.id, site))
        await exchange.audit(tx, "demand_event.opt_out", id, {"opt_out": body.opt_out})
        demand_response.tell(tx, event._replace(opt_out=without), "opted_out", now)
    return await show_demand_event(exchange, id)


@routes.post(PATH + "/{id}/cancel", scope="sites:write", gives=DemandEvent)
async def cancel_demand_event(exchange: Exchange, id: str) -> Answer:
    """End it now, or before it begins; the limits go at once."""
    event, now = engine.event_of(await _row(exchange, id)), runtime.now()
    if event.state not in ("scheduled", "active"):
        raise Refused("conflict", f"The event is {event.state}.")
    intervals = await demand_response.settlement(exchange.db, event, now)
    async with exchange.transaction() as tx:
        if not await demand_response.end(tx, event, "cancelled", intervals, now):
            raise Refused("conflict", "It began or ended in the same moment; read it again.")
        await exchange.audit(tx, "demand_event.cancel", id)
    return await _answer(exchange, id, 200)


@routes.get(PATH + "/{id}/report", scope="sites:read")
async def report_demand_event(exchange: Exchange, id: str) -> DemandReport:
    """What was asked, what would have been drawn (the baseline), what was measured, for each 15 minutes until now."""
    event = engine.event_of(await _row(exchange, id))
    return demand_events.report_form(event, await demand_response.settlement(exchange.db, event, runtime.now()))


@routes.get("/demand-response/settlement", scope="sites:read")
async def settle_portfolio(exchange: Exchange, query: SettlementQuery) -> DemandSettlement:
    """What all events in a time came to, by event, by site and together; of the sites of one group alone with
    `group_id`. A key that is limited to sites sees the events of its sites."""
    since, before, now = from_datetime(query.since), from_datetime(query.until), runtime.now()
    if before <= since:
        raise invalid("/to", "is not after from")
    rows = await engine.between(exchange.db, exchange.tenant_id, since, before, MOST_SETTLED + 1)
    if len(rows) > MOST_SETTLED:
        raise invalid("/to", f"there are more than {MOST_SETTLED} events in it: ask for a shorter time")
    events = [engine.event_of(row) for row in rows if within(exchange.sites, row)]
    if query.group_id is not None:
        members = site_groups.members_of(await group_row(exchange, query.group_id))
        events = [of_group for one in events if (of_group := one.of_sites(members)).shares]
    found = [(one, await demand_response.settlement_by_site(exchange.db, one, now)) for one in events]
    return demand_events.settlement_form(since, before, found)


async def _answer(exchange: Exchange, id: str, status: int) -> Answer:
    made = exchange.made(demand_events.form(await _row(exchange, id)), status=status, Location=f"/api/v1{PATH}/{id}")
    await exchange.settle(made)
    return made


async def _site(exchange: Exchange, id: str, where: str) -> int:
    row = await sites.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise invalid(where, f"there is no site {id!r}")
    return int(row["id"])


async def _row(exchange: Exchange, id: str) -> dict[str, Any]:
    row = await demand_events.find(exchange.db, exchange.tenant_id, id)
    if row is None or not within(exchange.sites, row):
        raise not_found("demand response event", id)
    return row
