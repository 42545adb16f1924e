"""`?expand=station`, `?expand=site`: what an answer names by its id, in full beside the id.

It is looked up once for a whole page, with the eyes of the key: its scopes, its sites. What is gone or out of its sight
is null; without `expand` the field is not there at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import replace

from ohmstead.api.exchange import Exchange
from ohmstead.api.paging import PageQuery
from ohmstead.shapes.common import Page
from ohmstead.shapes.site import Site
from ohmstead.shapes.station import Station
from ohmstead.store.resources import sites, stations

T = TypeVar("T", bound=Struct)

WithStation = Annotated[
    list[Literal["station"]], Meta(max_length=1, description="`station`: the station in full, beside its id")
]
WithSite = Annotated[list[Literal["site"]], Meta(max_length=1, description="`site`: the site in full, beside its id")]


class ExpandingQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of a list of what belongs to stations."""

    expand: WithStation = []


class StationExpansion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of one thing that belongs to a station."""

    expand: WithStation = []


class SiteExpansion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of one thing that lies in a site."""

    expand: WithSite = []


async def page_with_stations(exchange: Exchange, page: Page[T], expand: Sequence[str]) -> Page[T]:
    """The page, each row with its `station` if that is asked for."""
    return Page(await with_stations(exchange, page.data, expand), page.next_cursor) if expand else page


async def with_station(exchange: Exchange, one: T, expand: Sequence[str]) -> T:
    return (await with_stations(exchange, [one], expand))[0]


async def with_stations(exchange: Exchange, found: Sequence[T], expand: Sequence[str]) -> list[T]:
    """What has a `station_id` and may have a `station`. Raises Refused (403) without the scope for stations."""
    if not expand:
        return list(found)
    exchange.caller.must("stations:read")
    known: dict[str, Station] = {}
    for some in _parts([one.station_id for one in found]):  # type: ignore[attr-defined]
        rows = await stations.page(
            exchange.db, exchange.tenant_id, exchange.sites, order="id", limit=len(some), cursor=None, among=some
        )
        shown = await stations.forms(exchange.db, [just_seen(exchange, row) for row in rows.rows])
        known |= {one.id: one for one in shown}
    return [replace(one, station=known.get(one.station_id)) for one in found]  # type: ignore[attr-defined]


async def with_sites(exchange: Exchange, found: Sequence[Station], expand: Sequence[str]) -> list[Station]:
    """Stations with their `site`. Raises Refused (403) without the scope for sites."""
    if not expand:
        return list(found)
    exchange.caller.must("sites:read")
    known: dict[str | None, Site] = {}
    for some in _parts([one.site_id for one in found]):
        rows = await sites.among(exchange.db, exchange.tenant_id, exchange.sites, [int(id) for id in some])
        known |= {str(row["id"]): sites.form(row) for row in rows}
    return [replace(one, site=known.get(one.site_id) if one.site_id else None) for one in found]


def just_seen(exchange: Exchange, row: Mapping[str, Any]) -> dict[str, Any]:
    """A station's row with the last sign of life that this process knows of (G02.FR.03)."""
    seen = exchange.context.seen(row["id"])
    return dict(row) if seen is None else {**row, "last_seen_at": max(seen, row["last_seen_at"] or 0)}


def _parts(names: Sequence[str | None]) -> list[list[str]]:
    """Each name once, as many at a time as one query takes."""
    once = sorted({name for name in names if name})
    return [once[n : n + stations.MOST_AT_ONCE] for n in range(0, len(once), stations.MOST_AT_ONCE)]
