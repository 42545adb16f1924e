"""Campaigns as the engine (fleet/campaigns.py) reads and moves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import and_, bindparam, case, func, or_, select, update

from ohmstead.domain.campaigns import HOUR, Rules, StationState, Wave
from ohmstead.store.db import Db, Tx
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import campaign_stations, campaigns, commands, stations

_c, _s = campaigns.c, campaign_stations.c
AT_ONCE = 500
"""Stations that one step moves."""

_RUNNING = Statement(
    select(_c.id, _c.tenant_id, _c.command, _c.rules, _c.wave, _c.reason, _c.body).where(_c.state == fixed("running"))
)
_waits = _s.state == "waiting"
_ready = and_(_waits, stations.c.connected_since.is_not(None), _s.not_before <= bindparam("now"))


def _how_many(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_COUNTS = Statement(
    select(
        _s.wave, _how_many(_ready), _how_many(_waits),
        *(_how_many(_s.state == state) for state in ("running", "done", "failed", "skipped")),
    )
    .join_from(campaign_stations, stations, stations.c.id == _s.station_id)
    .where(_s.campaign_id == bindparam("which"))
    .group_by(_s.wave)
)  # fmt: skip
_BEGUN = Statement(select(func.count()).where(_s.campaign_id == bindparam("which"), _s.begun_at > bindparam("since")))
_READY = Statement(
    select(_s.station_id, stations.c.identity)
    .join_from(campaign_stations, stations, stations.c.id == _s.station_id)
    .where(_s.campaign_id == bindparam("which"), _s.wave <= bindparam("last"), _ready, stations.c.archived_at.is_(None))
    .order_by(_s.wave, _s.station_id)
    .limit(bindparam("most"))
)
_at_sites = (
    select(stations.c.site_id, func.count().label("begun"))
    .join_from(campaign_stations, stations, stations.c.id == _s.station_id)
    .where(_s.campaign_id == bindparam("which"), _s.begun_at > bindparam("hour"), stations.c.site_id.is_not(None))
    .group_by(stations.c.site_id)
    .subquery()
)
_waiting = (
    select(
        _s.station_id, stations.c.identity, _s.wave, stations.c.site_id,
        func.coalesce(_at_sites.c.begun, 0).label("begun"),
        func.row_number().over(partition_by=stations.c.site_id, order_by=(_s.wave, _s.station_id)).label("place"),
    )
    .join_from(campaign_stations, stations, stations.c.id == _s.station_id)
    .join(_at_sites, _at_sites.c.site_id == stations.c.site_id, isouter=True)
    .where(_s.campaign_id == bindparam("which"), _s.wave <= bindparam("last"), _ready, stations.c.archived_at.is_(None))
    .subquery()
)  # fmt: skip
_READY_AT_SITES = Statement(
    select(_waiting.c.station_id, _waiting.c.identity)
    .where(or_(_waiting.c.site_id.is_(None), _waiting.c.begun + _waiting.c.place <= bindparam("per_site")))
    .order_by(_waiting.c.wave, _waiting.c.station_id)
    .limit(bindparam("most"))
)
_UNDER_WAY = Statement(
    select(_s.station_id, _s.attempts, commands.c.state, commands.c.awaits, commands.c.reason, stations.c.archived_at)
    .join_from(campaign_stations, commands, commands.c.id == _s.command_id, isouter=True)
    .join(stations, stations.c.id == _s.station_id)
    .where(_s.campaign_id == bindparam("which"), _s.state == fixed("running"))
)
_BEGIN = Statement(
    update(campaign_stations)
    .where(
        _s.campaign_id == bindparam("which"), _s.station_id == bindparam("station"), _s.state == fixed("waiting")
    )
    .values(
        state="running", command_id=bindparam("command"), begun_at=bindparam("now"), attempts=_s.attempts + 1,
        reason=None,
    )
    .returning(_s.station_id)
)  # fmt: skip
_MOVE = Statement(
    update(campaign_stations)
    .where(_s.campaign_id == bindparam("which"), _s.station_id == bindparam("station"))
    .values(state=bindparam("to"), reason=bindparam("why"), ended_at=bindparam("ended"), not_before=bindparam("again"))
)
_LEAVE_OUT = Statement(
    update(campaign_stations)
    .where(_s.campaign_id == bindparam("which"), _s.state == fixed("waiting"))
    .values(state="skipped", reason=bindparam("why"), ended_at=bindparam("now"))
)
_GONE = Statement(
    update(campaign_stations)
    .where(
        _s.campaign_id == bindparam("which"),
        _s.state == fixed("waiting"),
        _s.station_id.in_(select(stations.c.id).where(stations.c.archived_at.is_not(None))),
    )
    .values(state="skipped", reason="the station was archived", ended_at=bindparam("now"))
)
_STATE = Statement(
    update(campaigns)
    .where(_c.id == bindparam("which"), _c.state == bindparam("was"))
    .values(state=bindparam("to"), reason=bindparam("why"), wave=bindparam("at_wave"), ended_at=bindparam("ended"))
    .returning(_c.id)
)
_rules = msgspec.json.Decoder(Rules)


class Running(NamedTuple):
    """A campaign that is under way."""

    id: int
    tenant_id: int
    command: str
    rules: Rules
    wave: int
    reason: str | None
    body: str


class UnderWay(NamedTuple):
    """A station that was asked, and what became of its command."""

    station_id: int
    attempts: int
    state: str | None
    awaits: str | None
    reason: str | None
    archived_at: int | None


async def running(db: Db) -> list[Running]:
    rows = await db.fetch(_RUNNING)
    return [Running(row[0], row[1], row[2], _rules.decode(row[3]), row[4], row[5], row[6]) for row in rows]


async def counts(db: Db, id: int, waves: int, now: int) -> list[Wave]:
    """By wave, from the first on."""
    rows = await db.fetch_many(_COUNTS, which=id, now=now)
    found = {row[0]: Wave(*(int(count) for count in row[1:])) for row in rows}
    return [found.get(n, Wave(0, 0, 0, 0, 0, 0)) for n in range(waves)]


async def begun_since(db: Db, id: int, since: int) -> int:
    return int((await db.fetch(_BEGUN, which=id, since=since))[0][0])


async def ready(
    db: Db, id: int, last_wave: int, most: int, now: int, per_site: int | None = None
) -> list[tuple[int, str]]:
    """(number, identity) of stations that may begin; `per_site` of each site within an hour."""
    which = {"which": id, "last": last_wave, "most": min(most, AT_ONCE), "now": now}
    if per_site is None:
        rows = await db.fetch_many(_READY, **which)
    else:
        rows = await db.fetch_many(_READY_AT_SITES, **which, hour=now - HOUR, per_site=per_site)
    return [(row[0], row[1]) for row in rows]


async def under_way(db: Db, id: int) -> list[UnderWay]:
    return [UnderWay(*row) for row in await db.fetch_many(_UNDER_WAY, which=id)]


async def begin(tx: Tx, id: int, station_id: int, command_id: str, now: int) -> bool:
    """Whether nobody else was faster."""
    return bool(await tx.fetch(_BEGIN, which=id, station=station_id, command=command_id, now=now))


async def move(tx: Tx, id: int, moved: Sequence[tuple[int, StationState, str | None]], *, now: int, again: int) -> None:
    """Stations into their next state; those that wait again do so until `again`."""
    await tx.execute_all([
        (_MOVE, {"which": id, "station": station, "to": to, "why": why, "again": again,
                 "ended": None if to == "waiting" else now})
        for station, to, why in moved
    ])  # fmt: skip


async def leave_out(tx: Tx, id: int, reason: str, now: int) -> None:
    """Stations that wait will not be asked any more."""
    await tx.execute(_LEAVE_OUT, which=id, why=reason, now=now)


async def leave_out_archived(db: Db, id: int, now: int) -> None:
    async with db.transaction() as tx:
        await tx.execute(_GONE, which=id, now=now)


async def set_state(tx: Tx, id: int, was: str, to: str, reason: str | None, wave: int, now: int) -> bool:
    """Whether it was in that state until now."""
    ended = now if to in ("stopped", "done", "cancelled") else None
    return bool(await tx.fetch(_STATE, which=id, was=was, to=to, why=reason, at_wave=wave, ended=ended))
