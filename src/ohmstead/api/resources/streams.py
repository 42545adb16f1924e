"""Periodic event streams of a 2.1 station."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from ohmstead import runtime
from ohmstead.api.exchange import Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import not_found
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.shapes.common import Page, Time
from ohmstead.shapes.stream import EventStream, StreamValue
from ohmstead.store.resources import streams

routes = Routes("Monitoring")
VALUES = "values"
"""The order of values, which a cursor names: one of another list is refused."""


class EventStreamQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    open: Annotated[bool, Meta(description="true: only open ones; false: only closed ones")] | None = None


class StreamValueQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    begin: Time | None = field(name="from", default=None)
    end: Time | None = field(name="to", default=None)


@routes.get("/stations/{id}/streams", scope="stations:read")
async def list_streams(exchange: Exchange, id: str, query: EventStreamQuery) -> Page[EventStream]:
    """The periodic event streams of a 2.1 station, newest first. `set_variable_monitoring` with `stream` asks for one,
    `adjust_periodic_event_stream` changes how it sends."""
    station = (await wanted(exchange, id))["id"]
    found = await streams.page(
        exchange.db,
        exchange.tenant_id,
        station=station,
        limit=query.limit,
        cursor=position(query),
        open=query.open,
    )
    return page(found, streams.form)


@routes.get("/stations/{id}/streams/{stream}/values", scope="stations:read")
async def list_stream_values(exchange: Exchange, id: str, stream: str, query: StreamValueQuery) -> Page[StreamValue]:
    """The values of a stream, message by message as they came; `from` and `to` compare their time."""
    station = (await wanted(exchange, id))["id"]
    row = await streams.find(exchange.db, exchange.tenant_id, station, stream)
    if row is None:
        raise not_found("stream", stream)
    found = await streams.values(
        exchange.db,
        row["id"],
        limit=query.limit,
        cursor=position(query, VALUES),
        begin=None if query.begin is None else runtime.from_datetime(query.begin),
        end=None if query.end is None else runtime.from_datetime(query.end),
    )
    return page(found, streams.value_form, VALUES)
