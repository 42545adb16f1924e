"""Sites as the API lists, shows, makes and changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import BigInteger, bindparam, delete, func, insert, literal_column, select

from ohmstead.domain.station import STATUSES
from ohmstead.runtime import to_datetime
from ohmstead.shapes.site import Site, SiteChange, SiteNew, SiteSummary
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources import station_status, versioned
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites, in_sites, site_arguments
from ohmstead.store.statement import Statement
from ohmstead.store.tables import sites, stations

_c = sites.c
MOST_AT_ONCE = 200
"""Ids that one query looks for."""
LIST = Listing(
    select(sites),
    tenant=_c.tenant_id,
    site=_c.id,
    orders={"id": (_c.id,)},
    filters={
        "which": _c.id == bindparam("which"),
        "parent_id": _c.parent_id == bindparam("parent_id"),
        "among": _c.id.in_([bindparam(f"among_{n}", type_=BigInteger()) for n in range(MOST_AT_ONCE)]),
    },
)
_ADD = Statement(
    insert(sites).values({column.name: bindparam(column.name) for column in sites.columns if column.name != "version"})
)
_REMOVE = Statement(
    delete(sites)
    .where(_c.tenant_id == bindparam("tenant"), _c.id == bindparam("which"), _c.version == bindparam("version_was"))
    .returning(_c.id)
)
_INSIDE = Statement(
    select(
        select(func.count()).where(stations.c.site_id == bindparam("which")).scalar_subquery(),
        select(func.count()).where(_c.parent_id == bindparam("which")).scalar_subquery(),
    )
)


async def page(
    db: Db, tenant_id: int, allowed: Sites, *, limit: int, cursor: Cursor | None, parent_id: int | None = None
) -> Found:
    return await LIST.page(db, tenant_id, allowed, order="id", limit=limit, cursor=cursor, parent_id=parent_id)


async def find(db: Db, tenant_id: int, allowed: Sites, id: str) -> dict[str, Any] | None:
    """The row of one site; None when there is none or the key may not see it."""
    return await LIST.find(db, tenant_id, allowed, id)


async def among(db: Db, tenant_id: int, allowed: Sites, ids: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of those sites that the key may see; at most MOST_AT_ONCE."""
    given = {f"among_{n}": ids[min(n, len(ids) - 1)] for n in range(MOST_AT_ONCE)}
    return (await LIST.page(db, tenant_id, allowed, order="id", limit=len(ids), also=given, among=True)).rows


async def add(tx: Tx, tenant_id: int, id: int, new: SiteNew, now: int) -> None:
    await tx.execute(_ADD, id=id, tenant_id=tenant_id, created_at=now, **columns(new))


async def change(tx: Tx, tenant_id: int, id: int, version: int, values: Mapping[str, Any]) -> bool:
    """Set columns of a site that is still at `version`."""
    return await versioned.change(tx, sites, tenant_id, id, version, values)


async def inside(tx: Tx, id: int) -> tuple[int, int]:
    """How many stations and how many sites lie in a site."""
    row = (await tx.fetch(_INSIDE, which=id))[0]
    return int(row[0]), int(row[1])


async def remove(tx: Tx, tenant_id: int, id: int, version: int) -> bool:
    return bool(await tx.fetch(_REMOVE, tenant=tenant_id, which=id, version_was=version))


def columns(given: SiteNew | SiteChange) -> dict[str, Any]:
    """The columns for what was given; what is UNSET is left out."""
    names = ("name", "parent_id", "time_zone", "latitude", "longitude", "limit_w", "limit_a", "reset_if_disobedient")
    values = {name: getattr(given, name) for name in names if getattr(given, name) is not UNSET}
    if values.get("limit_a") is not None:
        values["limit_a"] = encode(values["limit_a"])
    if values.get("parent_id") is not None:
        values["parent_id"] = int(values["parent_id"])
    return values


def form(row: Mapping[str, Any]) -> Site:
    """The site as the API shows it."""
    return Site(
        id=str(row["id"]),
        name=row["name"],
        parent_id=None if row["parent_id"] is None else str(row["parent_id"]),
        time_zone=row["time_zone"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        limit_w=row["limit_w"],
        limit_a=None if row["limit_a"] is None else msgspec.json.decode(row["limit_a"]),
        reset_if_disobedient=row.get("reset_if_disobedient", "never"),
        created_at=to_datetime(row["created_at"]),
    )


async def summaries(db: Db, tenant_id: int, sites: Sites) -> list[SiteSummary]:
    """Counts of the stations of each site that has some, by status; archived ones do not count."""
    rows = await db.fetch_many(
        _summaries(None if sites is None else len(sites)), tenant=tenant_id, **site_arguments(sites)
    )
    found: dict[int, dict[Any, int]] = {}
    for site, rank, count in rows:
        found.setdefault(site, {})[STATUSES[rank]] = count
    return [SiteSummary(site_id=str(site), stations=sum(of.values()), statuses=of) for site, of in found.items()]


@cache
def _summaries(sites: int | None) -> Statement:
    mine = [
        stations.c.tenant_id == bindparam("tenant"),
        stations.c.archived_at.is_(None),
        stations.c.site_id.is_not(None),
    ]
    if sites is not None:
        mine.append(in_sites(stations.c.site_id, sites))
    return Statement(
        select(stations.c.site_id, station_status.RANK, func.count())
        .where(*mine)
        .group_by(literal_column("1"), literal_column("2"))
        .order_by(literal_column("1"))
    )
