"""Several lists of one station merged into one, newest first. Each list keeps its own cursor; so a page goes on where
each of them stopped, whatever is added meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from ohmstead.runtime import to_datetime
from ohmstead.shapes.timeline import TimelineEntry, TimelineKind
from ohmstead.store.db import Db
from ohmstead.store.resources import alerts, commands, messages, oddities
from ohmstead.store.resources.listing import Cursor, Found, Sites

STATUS = frozenset({"StatusNotification", "NotifyEvent", "BootNotification"})


class Source(NamedTuple):
    """One list: how its pages are read, when its rows happened, where it goes on after a row, how a row is shown."""

    page: Callable[..., Awaitable[Found]]
    at: Callable[[Mapping[str, Any]], int]
    after: Callable[[Mapping[str, Any]], Cursor]
    entry: Callable[[Mapping[str, Any]], tuple[TimelineKind, str, Any]]
    scope: str
    """What a key must be allowed to see its rows."""


def _message(row: Mapping[str, Any]) -> tuple[TimelineKind, str, Any]:
    way = "from the station" if row["direction"] == "in" else "to the station"
    odd = f"; {row['invalid']}" if row["invalid"] else ""
    kind: TimelineKind = "status" if row["action"] in STATUS and row["direction"] == "in" else "message"
    return kind, f"{row['action'] or 'unreadable'} {way}{odd}", messages.form(row)


async def _messages(*args: Any, **options: Any) -> Found:
    return await messages.page(*args, invalid=None, **options)


SOURCES: tuple[Source, ...] = (
    Source(_messages, lambda row: row["at"], lambda row: [row["id"]], _message, "messages:read"),
    Source(
        commands.page,
        lambda row: row["created_at"],
        lambda row: [row["created_at"], row["id"]],
        lambda row: ("command", f"{row['type']}: {row['state']}", commands.form(row)),
        "commands:read",
    ),
    Source(
        alerts.page,
        lambda row: row["first_at"],
        lambda row: [row["id"]],
        lambda row: ("alert", f"{row['code']}: {row['text']}", alerts.form(row)),
        "alerts:read",
    ),
    Source(
        oddities.findings_page,
        lambda row: row["last_at"],
        lambda row: [row["last_at"], row["station_id"], row["code"], row["action"]],
        lambda row: ("finding", f"{row['code']}: {row['text']}", oddities.finding_form(row)),
        "stations:read",
    ),
    Source(
        oddities.refusals_page,
        lambda row: row["at"],
        lambda row: [row["id"]],
        lambda row: ("refusal", row["reason"], oddities.refusal_form(row)),
        "stations:read",
    ),
)


def is_cursor(cursor: Cursor | None) -> bool:
    """Whether this is a cursor of this list."""
    if cursor is None:
        return True
    widths = (1, 2, 1, 4, 1)
    return len(cursor) == len(widths) and all(
        place is None or (isinstance(place, list) and len(place) == width)
        for place, width in zip(cursor, widths, strict=True)
    )


async def page(
    db: Db,
    tenant_id: int,
    sites: Sites,
    *,
    station_id: str,
    limit: int,
    cursor: Cursor | None,
    may: Callable[[str], bool] = lambda scope: True,
) -> Found:
    """Up to `limit` rows of all lists that the key `may` see, newest first, each as `{"entry": TimelineEntry}`."""
    places: list[Any] = list(cursor or [None] * len(SOURCES))

    def read(source: Source, place: Cursor | None) -> Awaitable[Found]:
        if not may(source.scope):
            return _nothing()
        return source.page(db, tenant_id, sites, limit=limit, cursor=place, station_id=station_id)

    found = await asyncio.gather(*(read(one, place) for one, place in zip(SOURCES, places, strict=True)))
    rows = [(number, row) for number, one in enumerate(found) for row in one.rows]
    taken: list[Any] = []
    following = [0] * len(SOURCES)
    while len(taken) < limit and len(taken) < len(rows):
        heads = [(n, one.rows[following[n]]) for n, one in enumerate(found) if following[n] < len(one.rows)]
        number, row = max(heads, key=lambda head: SOURCES[head[0]].at(head[1]))
        following[number] += 1
        places[number] = SOURCES[number].after(row)
        taken.append({"entry": _entry(SOURCES[number], row)})
    more = len(taken) < len(rows) or any(one.cursor is not None for one in found)
    return Found(taken, places if more else None)


async def _nothing() -> Found:
    return Found([], None)


def _entry(source: Source, row: Mapping[str, Any]) -> TimelineEntry:
    kind, text, data = source.entry(row)
    return TimelineEntry(at=to_datetime(source.at(row)), kind=kind, text=text[:500], data=data)
