"""API keys and the audit."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable
from typing import Annotated

from msgspec import Meta

from ohmstead import runtime
from ohmstead.api.auth import OWNER
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.sites import site_number
from ohmstead.api.routes import Routes
from ohmstead.shapes.access import AuditEntry, Key, KeyMade, KeyNew
from ohmstead.shapes.common import Page
from ohmstead.store.resources import audit, keys, sites
from ohmstead.store.resources.listing import Cursor, Found, page_within, within

routes = Routes("Keys")


@routes.get("/keys", scope="keys:read")
async def list_keys(exchange: Exchange, query: PageQuery) -> Page[Key]:
    """API keys, revoked ones too; to a key that is limited to sites, those that are within them."""

    def turn(cursor: Cursor | None) -> Awaitable[Found]:
        return keys.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=cursor)

    return page(await page_within(turn, exchange.sites, query.limit, position(query)), keys.shown)


@routes.post("/keys", scope="keys:write", status=201, gives=KeyMade)
async def create_key(exchange: Exchange, body: KeyNew) -> Answer:
    """Make a key; it is shown only in this answer. Nobody can give more than they have."""
    missing = [scope for scope in body.scopes if not exchange.caller.may(scope)]
    if missing:
        raise Refused("forbidden", f"The key {exchange.caller.name!r} cannot give away {', '.join(missing)}.")
    only, expires_at = await reachable_sites(exchange, body.site_ids), _expiry(exchange, body)
    secret, id, now = f"ohm_{secrets.token_urlsafe(32)}", f"key_{secrets.token_hex(8)}", runtime.now()
    digest = exchange.context.passwords.hash(OWNER, secret.encode())
    async with exchange.transaction() as tx:
        await keys.add(
            tx, exchange.tenant_id, id, digest, name=body.name, scopes=list(body.scopes), sites=only, now=now,
            expires_at=expires_at,
        )  # fmt: skip
        await exchange.audit(tx, "key.create", id, {"name": body.name, "scopes": body.scopes})
        made = KeyMade(
            id=id,
            name=body.name,
            scopes=list(body.scopes),
            site_ids=None if only is None else [str(site) for site in only],
            created_at=runtime.to_datetime(now),
            expires_at=None if expires_at is None else runtime.to_datetime(expires_at),
            revoked_at=None,
            key=secret,
        )
        return exchange.made(made, secret=True, Location=f"/api/v1/keys/{id}")


def _expiry(exchange: Exchange, body: KeyNew) -> int | None:
    """When the new key stops. Raises Refused: it must do so in the future, and not after the key that makes it."""
    longest = exchange.caller.expires_at
    if body.expires_at is None:
        return longest
    wanted = runtime.from_datetime(body.expires_at)
    if wanted <= runtime.now():
        raise invalid("/expires_at", "lies in the past")
    if longest is not None and wanted > longest:
        raise Refused("forbidden", f"The key {exchange.caller.name!r} stops earlier itself.")
    return wanted


async def reachable_sites(exchange: Exchange, wanted: list[str] | None) -> list[int] | None:
    """The numbers of the sites that somebody is to be limited to. Raises Refused for one that there is not, or that the
    caller cannot see."""
    if wanted is None:
        return None if exchange.sites is None else list(exchange.sites)
    found = []
    for place, site in enumerate(wanted):
        number = site_number(site)
        if number >= 0:
            exchange.caller.must_reach(number)
        if number < 0 or await sites.find(exchange.db, exchange.tenant_id, None, site) is None:
            raise invalid(f"/site_ids/{place}", f"there is no site {site!r}")
        found.append(number)
    return found


@routes.delete("/keys/{id}", scope="keys:write")
async def revoke_key(exchange: Exchange, id: str) -> None:
    """Revoke a key; it stops at once."""
    row = await keys.find(exchange.db, exchange.tenant_id, id)
    if row is None or not within(exchange.sites, row):
        raise not_found("key", id)
    async with exchange.transaction() as tx:
        if not await keys.revoke(tx, exchange.tenant_id, id, runtime.now()):
            raise not_found("key", id)
        await exchange.audit(tx, "key.revoke", id)


class AuditQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    actor: Annotated[str, Meta(description="key:ID, user:ID, server or gateway")] | None = None
    action: Annotated[str, Meta(description="for example station.change")] | None = None
    subject: Annotated[str, Meta(description="the id of what was changed")] | None = None


@routes.get("/audit", scope="audit:read")
async def list_audit(exchange: Exchange, query: AuditQuery) -> Page[AuditEntry]:
    """Who did what to what, newest first. Each change is written down in its own transaction, or not made.

    A key that is limited to sites sees what it did itself, and what was done to their stations.
    """
    found = await audit.page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        exchange.caller.actor,
        limit=query.limit,
        cursor=position(query),
        actor=query.actor,
        action=query.action,
        subject=query.subject,
    )
    return page(found, audit.shown)
