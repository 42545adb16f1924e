"""Moves of stations to another security profile, on disk: one for each station, the last one (domain/upgrade.py).

Whoever moves one on says which one he means: what was changed in the same moment by another stays as that one wrote it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, update

from ohmstead.domain.upgrade import Upgrade
from ohmstead.runtime import to_datetime
from ohmstead.shapes import station as shape
from ohmstead.shapes.common import PROFILE_NAMES
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Tx
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC, Station
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations, tenants
from ohmstead.store.tables.fleet import UPGRADING

_c = stations.c
_this_one = (_c.id == bindparam("station"), func.coalesce(_c.upgrade, "") == bindparam("was"))
_moved = {"upgrade": bindparam("following"), "version": _c.version + 1}
_MOVED = Statement(update(stations).where(*_this_one).values(**_moved))
_PROVED = Statement(update(stations).where(*_this_one).values(security_profile=bindparam("profile"), **_moved))
_ENDED = Statement(update(stations).where(*_this_one).values(**_moved).returning(_c.id))
_OPEN = Statement(
    select(_c.tenant_id, _c.identity, _c.upgrade, _c.connected_since)
    .where(UPGRADING, _c.archived_at.is_(None))  # of a partial index
)  # fmt: skip
_TENANT = Statement(select(tenants.c.name).where(tenants.c.id == bindparam("tenant")))
_encode = msgspec.json.Encoder().encode


def kept(one: Upgrade) -> str:
    """The upgrade as it is kept with its station."""
    return _encode(one).decode()


def moved(station_id: int, was: str | None, one: Upgrade) -> Changed:
    """It goes on, from the one that was kept as `was`."""
    return _MOVED, {"station": station_id, "was": was or "", "following": kept(one)}


def proved(station_id: int, was: str | None, one: Upgrade) -> Changed:
    """As `moved`, and the new profile is the station's from now on."""
    return _PROVED, {"station": station_id, "was": was or "", "following": kept(one), "profile": one.to}


async def end(tx: Tx, station: Station, one: Upgrade) -> bool:
    """As `moved`, by somebody who does not hold the station; False when it was moved in the same moment."""
    await tx.execute(CHANGED_ELSEWHERE, station=station.id)  # first: commits of sessions lock in this order
    rows = await tx.fetch(_ENDED, station=station.id, was=station.upgrade or "", following=kept(one))
    if rows:
        tx.ring(STATION_TOPIC, str(station.id))
    return bool(rows)


async def all_open(db: Db) -> list[tuple[int, str, str, int | None]]:
    """Tenant, identity and upgrade of the stations that are on their way, and since when they are connected."""
    return [(row[0], row[1], row[2], row[3]) for row in await db.fetch_many(_OPEN)]


async def tenant_name(db: Db, tenant_id: int) -> str:
    """The segment of the path by which a tenant's stations come."""
    rows: Any = await db.fetch(_TENANT, tenant=tenant_id)
    return str(rows[0][0]) if rows else ""


def form(one: Upgrade) -> shape.Upgrade:
    """The move as the API shows it."""
    return shape.Upgrade(
        step=one.step,
        was=one.was,
        was_name=PROFILE_NAMES[one.was],
        to=one.to,
        to_name=PROFILE_NAMES[one.to],
        reason=one.reason,
        slot=one.slot,
        url=one.url,
        command_id=one.command_id,
        started_at=to_datetime(one.started_at),
        deadline=None if one.deadline is None else to_datetime(one.deadline),
    )
