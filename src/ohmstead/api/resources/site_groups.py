"""Groups of sites: portfolios that an event of demand response or a signal asks together."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from msgspec import UNSET

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.routes import Routes
from ohmstead.shapes.common import Page
from ohmstead.shapes.site_group import SiteGroup, SiteGroupChange, SiteGroupNew
from ohmstead.store.db import encode
from ohmstead.store.resources import site_groups, sites
from ohmstead.store.resources.listing import Cursor, Found, page_within, within

routes = Routes("Demand response")
PATH = "/site-groups"


@routes.get(PATH, scope="sites:read")
async def list_site_groups(exchange: Exchange, query: PageQuery) -> Page[SiteGroup]:
    """Groups of sites. A key that is limited to sites sees those of its sites."""

    def turn(cursor: Cursor | None) -> Awaitable[Found]:
        return site_groups.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=cursor)

    return page(await page_within(turn, exchange.sites, query.limit, position(query)), site_groups.form)


@routes.post(PATH, scope="sites:write", status=201, gives=SiteGroup)
async def create_site_group(exchange: Exchange, body: SiteGroupNew) -> Answer:
    """Make a group. An event of a VTN whose target has the name of a group asks its sites."""
    members, number = await _members(exchange, body.site_ids), await exchange.context.ids.take()
    async with exchange.transaction() as tx:
        row = await site_groups.add(tx, exchange.tenant_id, number, body.name, members, runtime.now())
        if row is None:
            raise Refused("conflict", f"There is a group {body.name!r} already.")
        await exchange.audit(tx, "site_group.create", str(number), {"name": body.name, "sites": members})
        return exchange.made(site_groups.form(row), Location=f"/api/v1{PATH}/{number}", ETag=etag(1))


@routes.get(PATH + "/{id}", scope="sites:read", gives=SiteGroup, with_etag=True)
async def show_site_group(exchange: Exchange, id: str) -> Answer:
    """One group."""
    row = await group_row(exchange, id)
    return exchange.made(site_groups.form(row), status=200, ETag=etag(row["version"]))


@routes.patch(PATH + "/{id}", scope="sites:write", gives=SiteGroup, with_etag=True, matched=True)
async def change_site_group(exchange: Exchange, id: str, body: SiteGroupChange) -> Answer:
    """Change name or sites of a group. Events that were made for it keep the sites they have."""
    row = await group_row(exchange, id)
    exchange.match(row["version"])
    values: dict[str, Any] = {}
    if body.name is not UNSET:
        values["name"] = body.name
    if body.site_ids is not UNSET:
        values["site_ids"] = encode(await _members(exchange, body.site_ids))
    async with exchange.transaction() as tx:
        if values.get("name", row["name"]) != row["name"] and body.name in await site_groups.named(
            tx, exchange.tenant_id
        ):
            raise Refused("conflict", f"There is a group {body.name!r} already.")
        if values and not await site_groups.change(tx, exchange.tenant_id, row["id"], row["version"], values):
            raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
        await exchange.audit(tx, "site_group.change", id, values)
    return await show_site_group(exchange, id)


@routes.delete(PATH + "/{id}", scope="sites:write", matched=True)
async def delete_site_group(exchange: Exchange, id: str) -> None:
    """Forget a group. Its sites stay, and so do events that were made for it."""
    row = await group_row(exchange, id)
    exchange.match(row["version"])
    async with exchange.transaction() as tx:
        if not await site_groups.remove(tx, exchange.tenant_id, row["id"], row["version"]):
            raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
        await exchange.audit(tx, "site_group.delete", id)


async def sites_of_groups(exchange: Exchange, groups: Sequence[str]) -> list[int]:
    """The sites of groups. Raises Refused for one that is not there."""
    found: list[int] = []
    for n, one in enumerate(groups):
        row = await site_groups.find(exchange.db, exchange.tenant_id, one)
        if row is None or not within(exchange.sites, row):
            raise invalid(f"/group_ids/{n}", f"there is no group {one!r}")
        found += site_groups.members_of(row)
    return found


async def group_row(exchange: Exchange, id: str) -> dict[str, Any]:
    """The group that the key may see. Raises Refused."""
    row = await site_groups.find(exchange.db, exchange.tenant_id, id)
    if row is None or not within(exchange.sites, row):
        raise not_found("group of sites", id)
    return row


async def _members(exchange: Exchange, ids: Sequence[str]) -> list[int]:
    found = []
    for n, one in enumerate(ids):
        row = await sites.find(exchange.db, exchange.tenant_id, exchange.sites, one)
        if row is None:
            raise invalid(f"/site_ids/{n}", f"there is no site {one!r}")
        found.append(int(row["id"]))
    return list(dict.fromkeys(found))
