"""The message log, refused handshakes and findings."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ohmstead.api.exchange import Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import not_found
from ohmstead.api.routes import Routes
from ohmstead.shapes.common import Identity, Page
from ohmstead.shapes.feed import Message, Refusal, StationFinding
from ohmstead.store.resources import messages, oddities

routes = Routes("Messages")
Word = Annotated[str, Meta(min_length=1, max_length=100)]


class MessageQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None
    action: Word | None = None
    invalid: Annotated[bool, Meta(description="true: only those that were refused or odd")] | None = None


class OddityQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None
    code: Word | None = None


@routes.get("/messages", scope="messages:read")
async def list_messages(exchange: Exchange, query: MessageQuery) -> Page[Message]:
    """OCPP calls with their answers, newest first."""
    found = await messages.page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        limit=query.limit,
        cursor=position(query),
        station_id=query.station_id,
        action=query.action,
        invalid=query.invalid,
    )
    return page(found, messages.form)


@routes.get("/messages/{id}", scope="messages:read")
async def show_message(exchange: Exchange, id: str) -> Message:
    """One OCPP call with its answer."""
    row = await messages.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("message", id)
    return messages.form(row)


@routes.get("/refusals", scope="stations:read")
async def list_refusals(exchange: Exchange, query: OddityQuery) -> Page[Refusal]:
    """Refused handshakes, newest first, each with a reason a person can act on."""
    found = await oddities.refusals_page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        limit=query.limit,
        cursor=position(query),
        station_id=query.station_id,
        code=query.code,
    )
    return page(found, oddities.refusal_form)


@routes.get("/findings", scope="stations:read")
async def list_findings(exchange: Exchange, query: OddityQuery) -> Page[StationFinding]:
    """What stations do that is odd and was accepted or repaired all the same, the latest first."""
    found = await oddities.findings_page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        limit=query.limit,
        cursor=position(query),
        station_id=query.station_id,
        code=query.code,
    )
    return page(found, oddities.finding_form)
