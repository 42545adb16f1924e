"""Stations on their way to another CSMS, or to another address of this one: one migration for each, the last one
(domain/csms_migration.py). Whoever moves one on says which one he means, as with upgrades.py."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import bindparam, func, select, update

from ohmstead import runtime
from ohmstead.domain.csms_migration import Migration, Seen
from ohmstead.runtime import to_datetime
from ohmstead.shapes import station as shape
from ohmstead.store import commands
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Tx
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import refusals, stations, tenants, transactions
from ohmstead.store.tables.fleet import MIGRATING

_c = stations.c
_moved = (
    update(stations)
    .where(_c.id == bindparam("station"), func.coalesce(_c.csms_migration, "") == bindparam("was"))
    .values(csms_migration=bindparam("following"), version=_c.version + 1)
)
_MOVED = Statement(_moved)
_ENDED = Statement(_moved.returning(_c.id))
_active = (
    select(func.count())
    .where(transactions.c.station_id == _c.id, transactions.c.state == fixed("active"))
    .scalar_subquery()
)
_OPEN = Statement(
    select(_c.id, _c.tenant_id, _c.identity, _c.csms_migration, _c.connected_since, _c.last_seen_at, _active)
    .where(MIGRATING, _c.archived_at.is_(None))  # of a partial index
)  # fmt: skip
_ARRIVED = Statement(
    select(_c.booted_at)
    .join(tenants, tenants.c.id == _c.tenant_id)
    .where(tenants.c.name == bindparam("tenant"), _c.identity == bindparam("who"), _c.archived_at.is_(None))
)
_REFUSED = Statement(
    select(refusals.c.reason)
    .where(refusals.c.identity == bindparam("who"), refusals.c.at > bindparam("since"))
    .where(refusals.c.tenant_id == bindparam("tenant"))
    .order_by(refusals.c.at.desc())
    .limit(1)
)
_encode = msgspec.json.Encoder().encode


class Underway(NamedTuple):
    """A station that is on its way."""

    station_id: int
    tenant_id: int
    identity: str
    kept: str
    connected_since: int | None
    last_seen_at: int | None
    transactions: int


def kept(one: Migration) -> str:
    """The migration as it is kept with its station."""
    return _encode(one).decode()


def moved(station_id: int, was: str | None, one: Migration) -> Changed:
    """It goes on, from the one that was kept as `was`."""
    return _MOVED, {"station": station_id, "was": was or "", "following": kept(one)}


def command_ended(one: Migration) -> list[Changed]:
    """What the end of a migration makes of the command that began it. One that is overdue has failed, as far as anybody
    waits for it."""
    if one.step == "done":
        return [(commands.CONFIRMED, {"which": one.command_id, "at": runtime.now()})]
    if one.step not in ("failed", "overdue"):
        return []
    return [(commands.FAILED, {"which": one.command_id, "until": commands.HOPELESS_SINCE, "why": one.reason})]


async def end(tx: Tx, station_id: int, was: str | None, one: Migration) -> bool:
    """As `moved`, by somebody who does not hold the station; False when it was moved in the same moment."""
    await tx.execute(CHANGED_ELSEWHERE, station=station_id)  # first: commits of sessions lock in this order
    rows = await tx.fetch(_ENDED, station=station_id, was=was or "", following=kept(one))
    if rows:
        tx.ring(STATION_TOPIC, str(station_id))
    return bool(rows)


async def all_open(db: Db) -> list[Underway]:
    return [Underway(*row) for row in await db.fetch_many(_OPEN)]


async def seen(db: Db, one: Underway, migration: Migration, now: int) -> Seen:
    """What is known of it while it is awaited."""
    arrived, refused = None, None
    if migration.tenant is not None:
        rows = await db.fetch(_ARRIVED, tenant=migration.tenant, who=one.identity)
        arrived = rows[0][0] if rows else None
    over = migration.deadline is not None and migration.deadline <= now
    if over and migration.left_at is not None and one.connected_since is None:
        rows = await db.fetch(_REFUSED, who=one.identity, since=migration.left_at, tenant=one.tenant_id)
        refused = rows[0][0] if rows else None
    return Seen(one.connected_since, one.last_seen_at, one.transactions, arrived, refused)


def form(one: Migration) -> shape.CsmsMigration:
    """The migration as the API shows it."""
    return shape.CsmsMigration(
        step=one.step,
        destination=one.to,
        url=one.url,
        slot=one.slot,
        reason=one.reason,
        command_id=one.command_id,
        started_at=to_datetime(one.started_at),
        left_at=None if one.left_at is None else to_datetime(one.left_at),
        deadline=None if one.deadline is None else to_datetime(one.deadline),
    )
