"""Sites."""

from __future__ import annotations

import zoneinfo

from msgspec import UNSET, UnsetType

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.routes import Routes
from ohmstead.blocks.charging_reports import SITE_TOPIC
from ohmstead.shapes.common import Page, SiteId, number_of
from ohmstead.shapes.site import Site, SiteChange, SiteNew, SiteSummaries
from ohmstead.store.resources import site_groups, sites

routes = Routes("Sites")


class SiteQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    parent_id: SiteId | None = None


def site_number(id: str) -> int:
    """The number behind a site's id; -1, which no site has, for what cannot be one."""
    number = number_of(id)
    return -1 if number is None else number


@routes.get("/sites", scope="sites:read")
async def list_sites(exchange: Exchange, query: SiteQuery) -> Page[Site]:
    """Sites that the key may see."""
    found = await sites.page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        limit=query.limit,
        cursor=position(query),
        parent_id=None if query.parent_id is None else site_number(query.parent_id),
    )
    return page(found, sites.form)


@routes.get("/sites/summary", scope="sites:read")
async def summarise_sites(exchange: Exchange) -> SiteSummaries:
    """Counts of the stations of each site, by status: what a map shows. Sites without stations are left out."""
    return SiteSummaries(data=await sites.summaries(exchange.db, exchange.tenant_id, exchange.sites))


@routes.post("/sites", scope="sites:write", status=201, gives=Site, with_etag=True)
async def create_site(exchange: Exchange, body: SiteNew) -> Answer:
    """Make a site; a key that is limited to sites makes only parts of them."""
    if body.parent_id is None:
        exchange.caller.must_reach(None)
    await _check(exchange, body.parent_id, body.time_zone)
    number, now = await exchange.context.ids.take(), runtime.now()
    async with exchange.transaction() as tx:
        await sites.add(tx, exchange.tenant_id, number, body, now)
        await exchange.audit(tx, "site.create", str(number), {"name": body.name})
        row = {"id": number, "created_at": now, **sites.columns(body)}
        return exchange.made(sites.form(row), Location=f"/api/v1/sites/{number}", ETag=etag(1))


async def _check(exchange: Exchange, parent_id: str | UnsetType | None, time_zone: str | UnsetType) -> None:
    if isinstance(parent_id, str) and not await sites.find(exchange.db, exchange.tenant_id, exchange.sites, parent_id):
        raise invalid("/parent_id", f"there is no site {parent_id!r} that this key can see")
    if isinstance(time_zone, str):
        check_zone(time_zone)


def check_zone(time_zone: str) -> None:
    """Raises Refused for what is no IANA time zone."""
    try:
        zoneinfo.ZoneInfo(time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid("/time_zone", f"{time_zone!r} is no IANA time zone") from None


@routes.get("/sites/{id}", scope="sites:read", gives=Site, with_etag=True)
async def show_site(exchange: Exchange, id: str) -> Answer:
    """One site."""
    row = await sites.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("site", id)
    return exchange.made(sites.form(row), status=200, ETag=etag(row["version"]))


@routes.patch("/sites/{id}", scope="sites:write", gives=Site, with_etag=True, matched=True)
async def change_site(exchange: Exchange, id: str, body: SiteChange) -> Answer:
    """Change a site."""
    row = await sites.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("site", id)
    exchange.match(row["version"])
    await _check(exchange, body.parent_id, body.time_zone)
    if body.parent_id is not UNSET:
        await _check_no_circle(exchange, row["id"], body.parent_id)
    values = sites.columns(body)
    async with exchange.transaction() as tx:
        if values:
            if not await sites.change(tx, exchange.tenant_id, row["id"], row["version"], values):
                raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
            await exchange.audit(tx, "site.change", id, values)
            tx.ring(SITE_TOPIC, id)
    return await show_site(exchange, id)


async def _check_no_circle(exchange: Exchange, id: int, parent_id: str | None) -> None:
    above = parent_id
    while above is not None:
        if site_number(above) == id:
            raise invalid("/parent_id", "a site cannot lie inside itself")
        row = await sites.find(exchange.db, exchange.tenant_id, None, above)
        above = None if row is None or row["parent_id"] is None else str(row["parent_id"])


@routes.delete("/sites/{id}", scope="sites:write", matched=True)
async def delete_site(exchange: Exchange, id: str) -> None:
    """Delete a site in which nothing lies."""
    row = await sites.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("site", id)
    exchange.match(row["version"])
    async with exchange.transaction() as tx:
        station_count, site_count = await sites.inside(tx, row["id"])
        if station_count or site_count:
            raise Refused("conflict", f"{station_count} stations and {site_count} sites lie in it; move them first.")
        groups = await site_groups.named(tx, exchange.tenant_id)
        if those := [name for name, members in groups.items() if row["id"] in members]:
            raise Refused("conflict", f"It is in the group {those[0]!r}; take it out first.")
        if not await sites.remove(tx, exchange.tenant_id, row["id"], row["version"]):
            raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
        await exchange.audit(tx, "site.delete", id)
