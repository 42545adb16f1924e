"""Webhooks: events brought to a URL, at least once, in order for each station, signed as Standard Webhooks say."""

from __future__ import annotations

import base64
import secrets as dice
from collections.abc import Awaitable
from typing import Any

import httpx
import msgspec
from msgspec import UNSET

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.keys import reachable_sites
from ohmstead.api.routes import Routes
from ohmstead.shapes.common import Page
from ohmstead.shapes.webhook import Delivery, DeliveryState, Webhook, WebhookChange, WebhookMade, WebhookNew
from ohmstead.store import secrets
from ohmstead.store.db import encode
from ohmstead.store.resources import webhooks
from ohmstead.store.resources.listing import Cursor, Found, page_within, within

routes = Routes("Webhooks")

OVERLAP = 24 * 3600 * 1_000_000
"""How long the secret before signs too after a rotation."""


@routes.get("/webhooks", scope="webhooks:read")
async def list_webhooks(exchange: Exchange, query: PageQuery) -> Page[Webhook]:
    """Webhooks; their secrets are never shown again. A key that is limited to sites sees those of its sites."""

    def turn(cursor: Cursor | None) -> Awaitable[Found]:
        return webhooks.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=cursor)

    found = await page_within(turn, exchange.sites, query.limit, position(query))
    return page(found, webhooks.form)


@routes.post("/webhooks", scope="webhooks:write", status=201, gives=WebhookMade, with_etag=True)
async def create_webhook(exchange: Exchange, body: WebhookNew) -> Answer:
    """Make a webhook that begins with the next event; its secret is shown only in this answer."""
    _check_url(body.url)
    sites = await reachable_sites(exchange, body.site_ids)
    number, now, secret = await exchange.context.ids.take(), runtime.now(), _new_secret()
    sealed = secrets.seal(exchange.context.server_key, secret)
    async with exchange.transaction() as tx:
        cursor = await webhooks.newest(tx, exchange.tenant_id)
        await webhooks.add(tx, exchange.tenant_id, number, body, sites, sealed=sealed, cursor=cursor, now=now)
        await exchange.audit(tx, "webhook.create", str(number), {"url": body.url, "types": body.types})
        made = WebhookMade(
            id=str(number),
            url=body.url,
            types=body.types,
            site_ids=None if sites is None else [str(site) for site in sites],
            enabled=body.enabled,
            disabled_reason=None,
            failures=0,
            delivered_at=None,
            sequence=cursor,
            created_at=runtime.to_datetime(now),
            secret=secret,
        )
        return exchange.made(made, secret=True, Location=f"/api/v1/webhooks/{number}", ETag=etag(1))


def _check_url(url: str) -> None:
    """Raises Refused for what no request can be made of."""
    try:
        httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise invalid("/url", f"cannot be used: {error}") from None


@routes.get("/webhooks/{id}", scope="webhooks:read", gives=Webhook, with_etag=True)
async def show_webhook(exchange: Exchange, id: str) -> Answer:
    """One webhook."""
    row = await _row(exchange, id)
    return exchange.made(webhooks.form(row), status=200, ETag=etag(row["version"]))


@routes.patch("/webhooks/{id}", scope="webhooks:write", gives=Webhook, with_etag=True, matched=True)
async def change_webhook(exchange: Exchange, id: str, body: WebhookChange) -> Answer:
    """Change a webhook. One that is turned on again goes on where it stopped, as far as the feed still holds it."""
    row = await _row(exchange, id)
    exchange.match(row["version"])
    if body.url is not UNSET:
        _check_url(body.url)
    values = webhooks.columns(body)
    if body.site_ids is not UNSET:
        sites = await reachable_sites(exchange, body.site_ids)
        values["site_ids"] = None if sites is None else encode(sites)
    async with exchange.transaction() as tx:
        if values:
            if not await webhooks.change(tx, exchange.tenant_id, row, values, runtime.now()):
                raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
            await exchange.audit(tx, "webhook.change", id, values)
    return await show_webhook(exchange, id)


@routes.delete("/webhooks/{id}", scope="webhooks:write", matched=True)
async def delete_webhook(exchange: Exchange, id: str) -> None:
    """Delete a webhook and what waits for it."""
    row = await _row(exchange, id)
    exchange.match(row["version"])
    async with exchange.transaction() as tx:
        await webhooks.remove(tx, exchange.tenant_id, row["id"])
        await exchange.audit(tx, "webhook.delete", id, {"url": row["url"]})


@routes.post("/webhooks/{id}/secret", scope="webhooks:write", gives=WebhookMade)
async def rotate_webhook_secret(exchange: Exchange, id: str) -> Answer:
    """Make a new secret, shown only in this answer; for 24 hours deliveries are signed with the one before too."""
    row, secret, now = await _row(exchange, id), _new_secret(), runtime.now()
    sealed = secrets.seal(exchange.context.server_key, secret)
    async with exchange.transaction() as tx:
        if not await webhooks.rotate(tx, exchange.tenant_id, row["id"], sealed, now + OVERLAP):
            raise not_found("webhook", id)
        await exchange.audit(tx, "webhook.secret", id)
        shown: dict[str, Any] = msgspec.structs.asdict(webhooks.form(row))
        return exchange.made(WebhookMade(**shown, secret=secret), status=200, secret=True)


class DeliveryQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: DeliveryState | None = None


@routes.get("/webhooks/{id}/deliveries", scope="webhooks:read")
async def list_deliveries(exchange: Exchange, id: str, query: DeliveryQuery) -> Page[Delivery]:
    """What was sent and what waits, newest first. Delivered and dead ones are kept for 7 days."""
    row = await _row(exchange, id)
    found = await webhooks.deliveries_page(
        exchange.db, exchange.tenant_id, row["id"], limit=query.limit, cursor=position(query), state=query.state
    )
    return page(found, webhooks.delivery_form)


@routes.post("/webhooks/{id}/deliveries/{delivery}/replay", scope="webhooks:write", status=202, gives=Delivery)
async def replay_delivery(exchange: Exchange, id: str, delivery: str) -> Answer:
    """Send it again, whatever became of it; the receiver knows it by the same `webhook-id`."""
    row = await _row(exchange, id)
    async with exchange.transaction() as tx:
        again = await webhooks.replay(tx, exchange.tenant_id, row["id"], delivery, runtime.now())
        if again is None:
            raise not_found("delivery", delivery)
        await exchange.audit(tx, "webhook.replay", id, {"delivery": delivery})
        return exchange.made(webhooks.delivery_form(again), status=202)


async def _row(exchange: Exchange, id: str) -> dict[str, Any]:
    row = await webhooks.find(exchange.db, exchange.tenant_id, id)
    if row is None or not within(exchange.sites, row):
        raise not_found("webhook", id)
    return row


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(dice.token_bytes(32)).decode()
