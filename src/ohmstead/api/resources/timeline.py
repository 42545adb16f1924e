"""What happened at a station: everything in one order, and its frames as a trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import invalid
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.shapes.common import Page
from ohmstead.shapes.timeline import TimelineEntry
from ohmstead.store.resources import messages, timeline
from ohmstead.store.resources.listing import Found
from ohmstead.traces import trace11
from ohmstead.traces.record import TO_CSMS, TO_STATION, Record, exchanges, other

routes = Routes("Timeline")
ORDER = "timeline"
MOST_CHARACTERS = 32 << 20
"""Of the frames of one answer."""


@routes.get("/stations/{id}/timeline", scope="messages:read")
async def show_timeline(exchange: Exchange, id: str, query: PageQuery) -> Page[TimelineEntry]:
    """Messages, status, commands, alerts, findings and refused connections of a station in one order, newest first;
    of them what the scopes of the key let it see."""
    await wanted(exchange, id)
    cursor = position(query, ORDER)
    if not timeline.is_cursor(cursor):
        raise invalid("/cursor", "is not a cursor of this list; begin without one", "query")
    found = await timeline.page(
        exchange.db, exchange.tenant_id, exchange.sites, station_id=id, limit=query.limit, cursor=cursor,
        may=exchange.caller.may,
    )  # fmt: skip
    return page(found, lambda row: row["entry"], ORDER)


@routes.get("/stations/{id}/trace.jsonl", scope="messages:read", gives=str, media_type="application/x-ndjson")
async def show_trace(exchange: Exchange, id: str, query: PageQuery) -> Answer:
    """The station's frames as OCPP trace 1.1, one JSON object a line: the newest `limit` calls with their answers, in
    the order of time. `X-Next-Cursor` leads to the ones before."""
    station = await wanted(exchange, id)
    found = await messages.page(
        exchange.db,
        exchange.tenant_id,
        exchange.sites,
        limit=query.limit,
        cursor=position(query),
        invalid=None,
        station_id=id,
    )
    kept = found if (count := fitting(found.rows)) == len(found.rows) else cut(found, count)
    token = page(kept, lambda row: row).next_cursor
    lines = [trace11.line(said) for said in exchanges(records(kept.rows, id, station["ocpp_version"]))]
    headers = {"Content-Disposition": 'attachment; filename="trace.jsonl"'}
    if token is not None:
        headers["X-Next-Cursor"] = token
    body = "".join(f"{line}\n" for line in lines).encode()
    return Answer(body, headers=headers, media_type="application/x-ndjson")


def fitting(rows: Sequence[Mapping[str, Any]]) -> int:
    """How many of the newest rows fit into one answer: one at least."""
    size = 0
    for number, row in enumerate(rows):
        size += len(row["request"]) + len(row["answer"] or "")
        if size > MOST_CHARACTERS and number:
            return number
    return len(rows)


def cut(found: Found, count: int) -> Found:
    """The first `count` rows; the next page begins after them."""
    return Found(found.rows[:count], [found.rows[count - 1]["id"]])


def records(rows: Sequence[Mapping[str, Any]], identity: str, version: str | None) -> list[Record]:
    """Calls and answers of the log (its newest rows first) in the order of time."""
    found: list[Record] = []
    for row in rows:
        way = TO_CSMS if row["direction"] == "in" else TO_STATION
        call = Record(line=0, identity=identity, version=version, at=row["at"], direction=way, text=row["request"])
        if row["answer"]:
            at = row["answered_at"] or row["at"]
            found.append(replace(call, at=at, direction=other(way), text=row["answer"]))
        found.append(call)
    return sorted(reversed(found), key=lambda one: one.at or 0)
