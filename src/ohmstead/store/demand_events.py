"""Events of demand response as the engine (energy/demand_response.py) reads and moves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from ohmstead.domain.demand import Reading, Share, Target
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import demand_events, site_limits, site_samples

_e, _l, _s = demand_events.c, site_limits.c, site_samples.c
WHICH: Any = bindparam("which")
_DUE = Statement(
    select(demand_events).where(
        ((_e.state == fixed("scheduled")) & (_e.start_at <= bindparam("now")))
        | ((_e.state == fixed("active")) & (_e.end_at <= bindparam("now")))
    )
)
_BETWEEN = Statement(
    select(demand_events)
    .where(
        _e.tenant_id == bindparam("tenant"), _e.start_at < bindparam("before"), _e.end_at > bindparam("since"),
        _e.state.in_(("active", "done", "cancelled")),
    )
    .order_by(_e.start_at, _e.id)
    .limit(bindparam("most"))
)  # fmt: skip
_MOVE = Statement(
    update(demand_events)
    .where(_e.id == WHICH, _e.state == bindparam("was"))
    .values(state=bindparam("becomes"), version=_e.version + 1)
    .returning(_e.id)
)
_SHORTEN = Statement(
    update(demand_events).where(_e.id == WHICH, _e.end_at > bindparam("now")).values(end_at=bindparam("now"))
)
_SHARE = Statement(update(demand_events).where(_e.id == WHICH).values(shares=bindparam("parts")))
_OPT_OUT = Statement(
    update(demand_events)
    .where(_e.id == WHICH, _e.version == bindparam("version_was"))
    .values(opt_out=bindparam("without"), version=_e.version + 1)
    .returning(_e.id)
)
_ADD = Statement(
    insert(demand_events).values(
        {column.name: bindparam(column.name) for column in demand_events.columns if column.name != "version"}
    )
)
_LIMIT = Statement(insert(site_limits).values({column.name: bindparam(column.name) for column in site_limits.columns}))
_UNLIMIT = Statement(delete(site_limits).where(_l.event_id == WHICH).returning(_l.site_id))
_UNLIMIT_SITE = Statement(
    delete(site_limits).where(_l.event_id == WHICH, _l.site_id == bindparam("site")).returning(_l.site_id)
)
_READINGS = Statement(
    select(_s.at, _s.measured_w, _s.load_w).where(
        _s.site_id == bindparam("site"), _s.at >= bindparam("since"), _s.at < bindparam("before")
    )
)
_numbers = msgspec.json.Decoder(list[int])
_shares = msgspec.json.Decoder(list[Share])


class Event(NamedTuple):
    """One event."""

    id: int
    tenant_id: int
    name: str
    source_id: str | None
    state: str
    site_ids: list[int]
    opt_out: list[int]
    start: int
    end: int
    target: Target
    ramp_s: int
    priority: int
    shares: list[Share]
    created_at: int
    baseline_at: int | None = None

    @property
    def taking_part(self) -> list[int]:
        return [one for one in self.site_ids if one not in self.opt_out]

    def of_sites(self, members: Sequence[int]) -> Event:
        """The event with the shares of these sites alone."""
        return self._replace(shares=[one for one in self.shares if one.site_id in members])


def event_of(row: Mapping[str, Any]) -> Event:
    return Event(
        row["id"], row["tenant_id"], row["name"], row["source_id"], row["state"], _numbers.decode(row["site_ids"]),
        _numbers.decode(row["opt_out"]), row["start_at"], row["end_at"],
        Target(limit_w=row["limit_w"], shed_w=row["shed_w"], shed_percent=row["shed_percent"]), row["ramp_s"],
        row["priority"], _shares.decode(row["shares"]), row["created_at"], row["baseline_at"],
    )  # fmt: skip


def _events(rows: Sequence[Any]) -> list[Event]:
    names = [column.name for column in demand_events.columns]
    return [event_of(dict(zip(names, row, strict=True))) for row in rows]


async def due(db: Db, now: int) -> list[Event]:
    """Events that must begin or end."""
    return _events(await db.fetch(_DUE, now=now))


async def between(db: Db, tenant_id: int, since: int, before: int, most: int) -> list[dict[str, Any]]:
    """Rows of events that began, and that touch this time, the earliest first."""
    names = [column.name for column in demand_events.columns]
    rows = await db.fetch_many(_BETWEEN, tenant=tenant_id, since=since, before=before, most=most)
    return [dict(zip(names, row, strict=True)) for row in rows]


async def add(tx: Tx, event: Event, source: str) -> None:
    await tx.execute(
        _ADD, id=event.id, tenant_id=event.tenant_id, name=event.name, source=source, source_id=event.source_id,
        state=event.state, site_ids=encode(event.site_ids), opt_out=encode(event.opt_out), start_at=event.start,
        end_at=event.end, limit_w=event.target.limit_w, shed_w=event.target.shed_w,
        shed_percent=event.target.shed_percent, ramp_s=event.ramp_s, priority=event.priority,
        shares=encode(event.shares), created_at=event.created_at, baseline_at=event.baseline_at,
    )  # fmt: skip


async def move(tx: Tx, id: int, was: str, to: str) -> bool:
    """Whether it was in that state."""
    return bool(await tx.fetch(_MOVE, which=id, was=was, becomes=to))


async def shorten(tx: Tx, id: int, now: int) -> None:
    """It ended before its time: what came later is no part of its report."""
    await tx.execute(_SHORTEN, which=id, now=now)


async def change_opt_out(tx: Tx, id: int, version: int, opt_out: Sequence[int]) -> bool:
    return bool(await tx.fetch(_OPT_OUT, which=id, version_was=version, without=encode(opt_out)))


async def share(tx: Tx, event: Event, shares: Sequence[Share], numbers: Sequence[int], now: int) -> None:
    """Keep the shares, and limit each site to its own; `numbers` are those of the limits."""
    await tx.execute(_SHARE, which=event.id, parts=encode(shares))
    for one, number in zip(shares, numbers, strict=True):
        await tx.execute(
            _LIMIT, id=number, tenant_id=event.tenant_id, site_id=one.site_id, kind="event", limit_w=one.limit_w,
            limit_a=None, start_at=event.start, end_at=event.end, ramp_s=event.ramp_s, priority=event.priority,
            name=f"demand response {event.name or event.id}", event_id=event.id, ramp_from_w=one.baseline_w,
            created_at=now,
        )  # fmt: skip


async def unlimit(tx: Tx, id: int, site: int | None = None) -> list[int]:
    """Take the event's limits away, or that of one site; the sites that had one."""
    if site is None:
        return [row[0] for row in await tx.fetch(_UNLIMIT, which=id)]
    return [row[0] for row in await tx.fetch(_UNLIMIT_SITE, which=id, site=site)]


async def readings(db: Db, sites: Iterable[int], since: int, before: int) -> list[Reading]:
    """What sites of one grid connection drew together, a sample a minute, cars and metered loads; all of them are
    sampled in the same moment."""
    found: dict[int, float] = {}
    for site in sites:
        for at, cars, load in await db.fetch_many(_READINGS, site=site, since=since, before=before):
            found[at] = found.get(at, 0.0) + cars + load
    return [Reading(at, watts) for at, watts in sorted(found.items())]
