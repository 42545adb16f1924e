"""Counts of the whole fleet, of all tenants together."""

from __future__ import annotations

from sqlalchemy import bindparam, case, func, select

from ohmstead.store.db import Db
from ohmstead.store.renewals import CURRENT
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates, commands, forwarding_links, stations

_c, _l = certificates.c, forwarding_links.c
DAY = 86_400_000_000
OPEN = ("queued", "sent")
_COMMANDS = Statement(
    select(commands.c.state, func.count()).where(commands.c.state.in_(OPEN)).group_by(commands.c.state)
)
_CERTIFICATES = Statement(
    select(func.count(), func.sum(case((_c.not_after <= bindparam("week"), 1), else_=0)))
    .select_from(certificates.join(stations, stations.c.id == _c.station_id))
    .where(CURRENT, stations.c.archived_at.is_(None))
    .where(_c.not_after > bindparam("now"), _c.not_after <= bindparam("month"))
)
_COUNTED = ("told", "dropped", "asked", "refused")
_here = case((stations.c.connected_since.is_(None), "station_offline"), else_=_l.state)
_LINES = Statement(
    select(_here, func.count(), *(func.sum(_l[name]) for name in _COUNTED))
    .join_from(forwarding_links, stations, stations.c.id == _l.station_id)
    .group_by(_here)
)


async def open_commands(db: Db) -> dict[str, int]:
    """How many commands have no end yet, by state: queued, or sent and not answered."""
    found = {row[0]: int(row[1]) for row in await db.fetch(_COMMANDS)}
    return {state: found.get(state, 0) for state in OPEN}


async def expiring_certificates(db: Db, now: int) -> dict[str, int]:
    """How many stations' certificates, of several the one that ends last, end within `7d` and `30d`."""
    ((month, week),) = await db.fetch(_CERTIFICATES, now=now, week=now + 7 * DAY, month=now + 30 * DAY)
    return {"7d": int(week or 0), "30d": int(month)}


async def forwarding_lines(db: Db) -> tuple[dict[str, int], dict[str, int]]:
    """How many lines to a second CSMS are in each state; and of them all the messages that were told and dropped, the
    commands that were asked and refused, each since its station came."""
    rows = await db.fetch(_LINES)
    totals = {name: sum(int(row[n]) for row in rows) for n, name in enumerate(_COUNTED, 2)}
    return {row[0]: int(row[1]) for row in rows}, totals
