"""Forwardings: stations told to a second CSMS, which listens, or may also ask for what it is allowed to."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Sequence
from typing import Any

from msgspec import UNSET

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.keys import reachable_sites
from ohmstead.api.routes import Routes
from ohmstead.domain.forwarding import NOT_TOLD, OURS_ALONE
from ohmstead.ocpp.directions import direction
from ohmstead.shapes.common import Page
from ohmstead.shapes.forwarding import Forwarding, ForwardingChange, ForwardingLink, ForwardingNew
from ohmstead.store import secrets
from ohmstead.store.db import Tx, encode
from ohmstead.store.forwardings import TOPIC
from ohmstead.store.resources import forwardings
from ohmstead.store.resources.listing import Cursor, Found, page_within, within

routes = Routes("Forwarding")


@routes.get("/forwardings", scope="forwardings:read")
async def list_forwardings(exchange: Exchange, query: PageQuery) -> Page[Forwarding]:
    """Second CSMSs that stations are told to. A key that is limited to sites sees those of its sites."""

    def turn(cursor: Cursor | None) -> Awaitable[Found]:
        return forwardings.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=cursor)

    found = await page_within(turn, exchange.sites, query.limit, position(query))
    return page(found, forwardings.form)


@routes.post("/forwardings", scope="forwardings:write", status=201, gives=Forwarding, with_etag=True)
async def create_forwarding(exchange: Exchange, body: ForwardingNew) -> Answer:
    """Tell stations to a second CSMS from now on; without `commands` it only listens. Its password is never shown."""
    sites = await reachable_sites(exchange, body.site_ids)
    _check(exchange, body.commands, body.leave_out, body.trusted_certificates)
    _single(body.identity, body.station_ids)
    number, now = await exchange.context.ids.take(), runtime.now()
    async with exchange.transaction() as tx:
        sealed = _sealed(exchange, body.password)
        await forwardings.add(tx, exchange.tenant_id, number, body, sites, sealed=sealed, now=now)
        told = {"url": body.url, "commands": body.commands}
        await exchange.audit(tx, "forwarding.create", str(number), told)
        _tell(exchange, tx)
        made = Forwarding(
            id=str(number), name=body.name, url=body.url, station_ids=body.station_ids,
            site_ids=None if sites is None else [str(site) for site in sites], identity=body.identity,
            has_password=body.password is not None, trusted_certificates=body.trusted_certificates,
            commands=body.commands, leave_out=body.leave_out, enabled=body.enabled,
            created_at=runtime.to_datetime(now),
        )  # fmt: skip
        return exchange.made(made, Location=f"/api/v1/forwardings/{number}", ETag=etag(1))


@routes.get("/forwardings/{id}", scope="forwardings:read", gives=Forwarding, with_etag=True)
async def show_forwarding(exchange: Exchange, id: str) -> Answer:
    """One forwarding."""
    row = await _row(exchange, id)
    return exchange.made(forwardings.form(row), status=200, ETag=etag(row["version"]))


@routes.patch("/forwardings/{id}", scope="forwardings:write", gives=Forwarding, with_etag=True)
async def change_forwarding(exchange: Exchange, id: str, body: ForwardingChange) -> Answer:
    """Change a forwarding; its lines end and begin anew."""
    row = await _row(exchange, id)
    exchange.match(row["version"])
    values = forwardings.columns(body)
    _check(exchange, _given(body.commands), _given(body.leave_out), body.trusted_certificates or None)
    shown = forwardings.form(row)
    _single(
        shown.identity if body.identity is UNSET else body.identity,
        shown.station_ids if body.station_ids is UNSET else body.station_ids,
    )
    if body.site_ids is not UNSET:
        sites = await reachable_sites(exchange, body.site_ids)
        values["site_ids"] = None if sites is None else encode(sites)
    if body.password is not UNSET:
        values["password"] = _sealed(exchange, body.password)
    elif "url" in values and values["url"] != row["url"] and row["password"] is not None:
        raise invalid("/password", "the password was given for another address; send it again, or null")
    async with exchange.transaction() as tx:
        if values:
            if not await forwardings.change(tx, exchange.tenant_id, row, values):
                raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
            told = {name: value for name, value in values.items() if name != "password"}
            await exchange.audit(tx, "forwarding.change", id, told)
            _tell(exchange, tx)
    return await show_forwarding(exchange, id)


@routes.delete("/forwardings/{id}", scope="forwardings:write")
async def delete_forwarding(exchange: Exchange, id: str) -> None:
    """Tell this second CSMS nothing any more."""
    row = await _row(exchange, id)
    async with exchange.transaction() as tx:
        await forwardings.remove(tx, exchange.tenant_id, row["id"])
        await exchange.audit(tx, "forwarding.delete", id, {"url": row["url"]})
        _tell(exchange, tx)


@routes.get("/forwardings/{id}/stations", scope="forwardings:read")
async def list_forwarding_links(exchange: Exchange, id: str, query: PageQuery) -> Page[ForwardingLink]:
    """How the line of each station is; the counts are up to half a minute old."""
    row = await _row(exchange, id)
    found = await forwardings.links(
        exchange.db, exchange.tenant_id, exchange.sites, row["id"], limit=query.limit, cursor=position(query)
    )
    return page(found, forwardings.link_form)


async def _row(exchange: Exchange, id: str) -> dict[str, Any]:
    row = await forwardings.find(exchange.db, exchange.tenant_id, id)
    if row is None or not within(exchange.sites, row):
        raise not_found("forwarding", id)
    return row


def _tell(exchange: Exchange, tx: Tx) -> None:
    tx.ring(TOPIC, str(exchange.tenant_id))


def _given(names: Any) -> Sequence[str]:
    return () if names is UNSET else names


def _sealed(exchange: Exchange, password: Any) -> str | None:
    return None if password is None else secrets.seal(exchange.context.server_key, password)


def _check(exchange: Exchange, asked: Sequence[str], left_out: Sequence[str], trusted: Any) -> None:
    """Raises Refused."""
    if asked and not exchange.caller.may("commands:write"):
        raise Refused("forbidden", f"The key {exchange.caller.name!r} may not send commands (commands:write).")
    for place, action in enumerate(asked):
        if action in OURS_ALONE:
            raise invalid(f"/commands/{place}", f"{action} is never let through: it would hand over the station")
        if direction(action) == "station":
            raise invalid(f"/commands/{place}", f"{action} is no command: stations say it")
    for place, action in enumerate(left_out):
        if direction(action) == "csms":
            raise invalid(f"/leave_out/{place}", f"{action} is nothing that a station says")
        if action in NOT_TOLD:
            raise invalid(f"/leave_out/{place}", f"{action} is never told")
    if trusted is not None:
        try:
            ssl.create_default_context(cadata=trusted)
        except (ssl.SSLError, ValueError, TypeError):  # what is not ASCII
            raise invalid("/trusted_certificates", "takes certificates in PEM") from None


def _single(identity: Any, station_ids: Any) -> None:
    if identity is not None and (station_ids is None or len(station_ids) != 1):
        raise invalid("/identity", "goes with exactly one entry of station_ids")
