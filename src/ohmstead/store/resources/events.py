"""The feed: numbered events of a tenant, in the order of commits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from ohmstead.runtime import to_datetime
from ohmstead.shapes.feed import Event
from ohmstead.store.db import Db
from ohmstead.store.resources.listing import Listing, Sites
from ohmstead.store.statement import Statement
from ohmstead.store.tables import feed, stations

_c = feed.c
LIST = Listing(
    select(feed).select_from(
        feed.outerjoin(stations, (stations.c.tenant_id == _c.tenant_id) & (stations.c.identity == _c.subject))
    ),
    tenant=_c.tenant_id,
    site=stations.c.site_id,
    orders={"sequence": (_c.sequence,)},
    filters={},
)
_ENDS = Statement(select(func.min(_c.sequence), func.max(_c.sequence)).where(_c.tenant_id == bindparam("tenant")))


async def ends(db: Db, tenant_id: int) -> tuple[int, int]:
    """Sequence of the oldest and of the newest event that is kept; (1, 0) when there is none."""
    oldest, newest = (await db.fetch(_ENDS, tenant=tenant_id))[0]
    return (1, 0) if oldest is None else (int(oldest), int(newest))


async def after(db: Db, tenant_id: int, sites: Sites, sequence: int, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` events with a higher sequence."""
    found = await LIST.page(db, tenant_id, sites, order="sequence", limit=limit, cursor=[sequence])
    return found.rows


def form(row: Mapping[str, Any]) -> Event:
    """The CloudEvent."""
    return Event(
        id=f"{row['tenant_id']}-{row['sequence']}",
        source="/api/v1",
        type=row["type"],
        subject=row["subject"],
        time=to_datetime(row["at"]),
        sequence=row["sequence"],
        data=msgspec.Raw(row["data"].encode()),
    )
