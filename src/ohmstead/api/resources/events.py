"""The feed: one ordered, replayable list of what happened, as pages and as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ohmstead import runtime
from ohmstead.api.exchange import Exchange
from ohmstead.api.paging import Limit, page, position
from ohmstead.api.problems import Refused, invalid
from ohmstead.api.routes import Routes, Stream
from ohmstead.bus.local import Bell
from ohmstead.shapes.common import Page
from ohmstead.shapes.feed import Event
from ohmstead.store.db import FEED_TOPIC
from ohmstead.store.resources import events
from ohmstead.store.resources.listing import Found

routes = Routes("Events")

COMMENT_EVERY = 15.0
"""Seconds between the comments that keep a stream alive."""
LOOK_AGAIN = 1.0
BATCH = 200
Sequence = Annotated[int, Meta(ge=0, description="sequence of the last event that is known already")]


class EventQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    after: Sequence | None = None
    limit: Limit = 100
    cursor: str | None = None


class StreamQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    after: Sequence | None = None


@routes.get("/events", scope="events:read")
async def list_events(exchange: Exchange, query: EventQuery) -> Page[Event]:
    """Events after `after`, oldest first; 410 where that is older than the oldest one kept."""
    oldest, _ = await events.ends(exchange.db, exchange.tenant_id)
    at = position(query)
    after = at[0] if at else query.after
    if after is None:
        after = oldest - 1
    _must_be_kept(after, oldest)
    rows = await events.after(exchange.db, exchange.tenant_id, exchange.sites, after, query.limit)
    full = len(rows) == query.limit
    return page(Found(rows, [rows[-1]["sequence"]] if full else None), events.form)


def _must_be_kept(after: int, oldest: int) -> None:
    if after < oldest - 1:
        detail = f"Events up to {oldest - 1} are no longer kept; begin with after={oldest - 1} and read the rest anew."
        raise Refused("gone", detail, oldest=oldest)


@routes.get("/events/stream", scope="events:read", gives=str, media_type="text/event-stream")
async def stream_events(exchange: Exchange, query: StreamQuery) -> Stream:
    """Server-sent events: from `Last-Event-ID` (or `after`) on, else from now on."""
    oldest, newest = await events.ends(exchange.db, exchange.tenant_id)
    after = last_event_id(exchange)
    if after is None:
        after = query.after
    if after is None:
        after = newest
    _must_be_kept(after, oldest)
    return Stream(frames(exchange, after))


def last_event_id(exchange: Exchange) -> int | None:
    """The number a client says it has seen. Raises Refused (422)."""
    given = exchange.headers.get("last-event-id")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise invalid("/Last-Event-ID", "is not a sequence number", "header")
    return int(given)


async def frames(exchange: Exchange, after: int) -> AsyncIterator[bytes]:
    """The stream: `id`, `event`, `data` of each event, and a comment when nothing was sent for a while."""
    context, spoke = exchange.context, runtime.monotonic()
    yield f": this is the feed of Ohmstead, after the event with this id\nid: {after}\n\n".encode()
    with Bell(context.bus, FEED_TOPIC) as bell:
        while not context.closing.is_set():
            rows = await events.after(context.db, exchange.tenant_id, exchange.sites, after, BATCH)
            for row in rows:
                after = row["sequence"]
                yield frame(events.form(row))
            if rows:
                spoke = runtime.monotonic()
            elif runtime.monotonic() - spoke >= COMMENT_EVERY:
                yield b": still here\n\n"
                spoke = runtime.monotonic()
            if len(rows) < BATCH:
                await bell.wait(LOOK_AGAIN)


def frame(event: Event) -> bytes:
    """One event as a server-sent event."""
    return f"id: {event.sequence}\nevent: {event.type}\ndata: ".encode() + msgspec.json.encode(event) + b"\n\n"
