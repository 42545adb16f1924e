"""Transactions."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, field

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.expanding import ExpandingQuery, StationExpansion, page_with_stations, with_station
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, not_found
from ohmstead.api.resources import commands
from ohmstead.api.resources.meter_values import thinned, values_of
from ohmstead.api.resources.sites import site_number
from ohmstead.api.routes import Routes
from ohmstead.shapes.command import Command
from ohmstead.shapes.common import Identity, Page, SiteId, Time
from ohmstead.shapes.transaction import MeterValue, Transaction, TransactionEvent, TransactionState
from ohmstead.store.resources import transactions
from ohmstead.store.resources.listing import Found

routes = Routes("Transactions")


class TransactionQuery(ExpandingQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None
    site_id: SiteId | None = None
    token: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    state: TransactionState | None = None
    transaction_id: Annotated[str, Meta(min_length=1, max_length=36)] | None = None
    begun_from: Time | None = field(name="from", default=None)
    begun_before: Time | None = field(name="to", default=None)
    incomplete: Annotated[bool, Meta(description="true: what still goes on, or misses something")] | None = None


class MeterQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    resolution: Annotated[int, Meta(ge=1, le=86_400, description="seconds; the last value in each is shown")] | None = (
        None
    )


@routes.get("/transactions", scope="transactions:read")
async def list_transactions(exchange: Exchange, query: TransactionQuery) -> Page[Transaction]:
    """Transactions, newest first; `from` and `to` compare their start."""
    found = await transactions.page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        limit=query.limit,
        cursor=position(query),
        station_id=query.station_id,
        site_id=None if query.site_id is None else site_number(query.site_id),
        token=query.token,
        state=query.state,
        transaction_id=query.transaction_id,
        begun_from=None if query.begun_from is None else runtime.from_datetime(query.begun_from),
        begun_before=None if query.begun_before is None else runtime.from_datetime(query.begun_before),
        complete=None if query.incomplete is None else int(not query.incomplete),
    )
    return await page_with_stations(exchange, page(found, transactions.form), query.expand)


@routes.get("/transactions/{id}", scope="transactions:read")
async def show_transaction(exchange: Exchange, id: str, query: StationExpansion) -> Transaction:
    """One transaction."""
    row = await transactions.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("transaction", id)
    return await with_station(exchange, transactions.form(row), query.expand)


@routes.get("/transactions/{id}/events", scope="transactions:read")
async def list_transaction_events(exchange: Exchange, id: str, query: PageQuery) -> Page[TransactionEvent]:
    """The messages it is made of, byte for byte, in the order of their own times."""
    row = await transactions.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("transaction", id)
    found = await transactions.messages(
        exchange.db, exchange.tenant_id, row["id"], limit=query.limit, cursor=position(query)
    )
    return page(found, transactions.event_form)


@routes.get("/transactions/{id}/meter-values", scope="transactions:read")
async def list_meter_values(exchange: Exchange, id: str, query: MeterQuery) -> Page[MeterValue]:
    """What was measured, in base units, by time; thinned to one value per `resolution` where that is given."""
    row = await transactions.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("transaction", id)
    frames = await transactions.all_messages(exchange.db, exchange.tenant_id, row["id"])
    values = values_of(frames)
    if query.resolution is not None:
        values = thinned(values, query.resolution)
    begin = (position(query) or [0])[0]
    end = begin + query.limit
    shown = [{"value": value} for value in values[begin:end]]
    return page(Found(shown, [end] if end < len(values) else None), lambda one: one["value"])


@routes.post("/transactions/{id}/stop", scope="commands:write", status=202, gives=Command, also=(200,))
async def stop_transaction(exchange: Exchange, id: str, query: commands.WaitQuery) -> Answer:
    """Ask its station to stop it: the command `stop`."""
    row = await transactions.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("transaction", id)
    transaction = transactions.form(row)
    if transaction.state != "active":
        raise Refused("conflict", f"The transaction has ended ({transaction.state}).")
    body = msgspec.json.encode({"type": "stop", "transaction_id": transaction.transaction_id})
    return await commands.ask(exchange, transaction.station_id, body, query)
