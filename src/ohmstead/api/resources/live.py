"""The fleet as it changes: a snapshot in pages, then what changed, keyed by identity.

The feed says who changed; the rows are read anew with the same filters, so a browser that shows "faulted" hears of a
station that becomes faulted and of one that no longer is. A client that comes back with `Last-Event-ID` goes on from
there without another snapshot, as long as the feed reaches back that far.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec

from ohmstead import runtime
from ohmstead.api.exchange import Exchange
from ohmstead.api.resources import stations as resource
from ohmstead.api.resources.events import COMMENT_EVERY, LOOK_AGAIN, last_event_id
from ohmstead.api.routes import Routes, Stream
from ohmstead.bus.local import Bell
from ohmstead.shapes.station import LiveDelta, LiveEvse, LiveSnapshot, LiveStation, Station
from ohmstead.store.db import FEED_TOPIC
from ohmstead.store.resources import events
from ohmstead.store.resources.listing import Cursor
from ohmstead.store.resources.stations import MOST_AT_ONCE

routes = Routes("Stations")

PAUSE = 0.25
"""Seconds in which changes of one station become one."""
MOST_EVENTS = 1_000


@routes.get("/stations/live", scope="stations:read", gives=str, media_type="text/event-stream")
async def stream_stations(exchange: Exchange, query: resource.StationFilter) -> Stream:
    """Server-sent events: `snapshot` (LiveSnapshot) for each page, then `delta` (LiveDelta); resumable."""
    oldest, newest = await events.ends(exchange.db, exchange.tenant_id)
    after = last_event_id(exchange)
    if after is None or not oldest - 1 <= after <= newest:
        return Stream(frames(exchange, query, newest, anew=True))
    return Stream(frames(exchange, query, after, anew=False))


async def frames(exchange: Exchange, query: resource.StationFilter, after: int, *, anew: bool) -> AsyncIterator[bytes]:
    """The stream. What happens while the snapshot is read comes again as a delta, so nothing falls between."""
    context, spoke = exchange.context, runtime.monotonic()
    if anew:
        async for frame in snapshot(exchange, query, after):
            yield frame
    yield b": live\n\n"
    with Bell(context.bus, FEED_TOPIC) as bell:
        while not context.closing.is_set():
            rows = await events.after(context.db, exchange.tenant_id, exchange.sites, after, MOST_EVENTS)
            if rows:
                after, spoke = rows[-1]["sequence"], runtime.monotonic()
                changed = list(dict.fromkeys(row["subject"] for row in rows if row["subject"]))
                for begin in range(0, len(changed), MOST_AT_ONCE):
                    yield _frame("delta", await delta(exchange, query, changed[begin : begin + MOST_AT_ONCE]), after)
                await asyncio.sleep(PAUSE)
                continue
            if runtime.monotonic() - spoke >= COMMENT_EVERY:
                yield b": still here\n\n"
                spoke = runtime.monotonic()
            await bell.wait(LOOK_AGAIN)


async def snapshot(exchange: Exchange, query: resource.StationFilter, after: int) -> AsyncIterator[bytes]:
    """All pages; only the last one carries the number to go on from, so that a broken snapshot is begun anew."""
    cursor: Cursor | None = None
    number, complete = 0, False
    while not complete:
        found = await resource.matching(exchange, query, limit=MOST_AT_ONCE, cursor=cursor)
        cursor = found.cursor
        complete = cursor is None
        stations = [live(one) for one in await resource.shown(exchange, found.rows)]
        page = LiveSnapshot(page=number, complete=complete, stations=stations)
        yield _frame("snapshot", page, after if complete else None)
        number += 1
        await asyncio.sleep(0)


async def delta(exchange: Exchange, query: resource.StationFilter, changed: Sequence[str]) -> LiveDelta:
    """What is to be said of stations that changed."""
    found = await resource.matching(exchange, query, limit=MOST_AT_ONCE, among=changed)
    stations = [live(one) for one in await resource.shown(exchange, found.rows)]
    there = {one.id for one in stations}
    return LiveDelta(stations=stations, gone=[one for one in changed if one not in there])


def live(station: Station) -> LiveStation:
    return LiveStation(
        id=station.id,
        status=station.status,
        site_id=station.site_id,
        vendor=station.vendor,
        model=station.model,
        firmware_version=station.firmware_version,
        ocpp_version=station.ocpp_version,
        last_seen_at=station.last_seen_at,
        certificate_expires_at=station.certificate_expires_at,
        evses=[
            LiveEvse(
                id=one.id,
                state=one.state,
                power_w=one.power_w,
                limit_w=one.limit_w,
                transaction_id=one.transaction_id,
            )
            for one in station.evses
        ],
    )


def _frame(event: str, data: LiveSnapshot | LiveDelta, number: int | None) -> bytes:
    head = f"event: {event}\ndata: " if number is None else f"id: {number}\nevent: {event}\ndata: "
    return head.encode() + msgspec.json.encode(data) + b"\n\n"
