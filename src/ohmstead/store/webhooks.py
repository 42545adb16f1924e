"""What the courier (outbound/courier.py) reads and writes: webhooks that are due, their deliveries, what came of each.

A webhook is served by one process at a time: `busy_until` is a lease that each round renews. The cursor moves in the
transaction that stores the deliveries it passed, so that an event is sent at least once whatever dies in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import and_, bindparam, exists, insert, or_, select, update
from sqlalchemy.orm import aliased

from ohmstead.domain.webhooks import matches
from ohmstead.store.db import Db, Event, Tx, encode
from ohmstead.store.resources import events
from ohmstead.store.resources.listing import named
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import deliveries, feed, webhooks

SECOND = 1_000_000
LEASE = 180 * SECOND
EVENTS_AT_ONCE = 500
DELIVERIES_AT_ONCE = 200
MOST_WAITING = 10_000
"""Deliveries that wait for one webhook; beyond them the feed itself keeps the rest."""

_w, _d, _f = webhooks.c, deliveries.c, feed.c
_ahead = aliased(deliveries)
# something of the same station that has to wait first
_held_back = exists(
    select(_ahead.c.sequence).where(
        _ahead.c.webhook_id == _d.webhook_id,
        _ahead.c.state == fixed("waiting"),
        _ahead.c.subject == _d.subject,
        _ahead.c.next_at > bindparam("now"),
    )
)
_due_row = and_(_d.webhook_id == _w.id, _d.state == fixed("waiting"), _d.next_at <= bindparam("now"), ~_held_back)
_free = or_(_w.busy_until < bindparam("now"), _w.busy_by == bindparam("me"))
_DUE = Statement(
    select(_w.id).where(
        _w.enabled == 1,
        _w.resume_at <= bindparam("now"),
        _free,
        or_(
            exists(select(_f.sequence).where(_f.tenant_id == _w.tenant_id, _f.sequence > _w.cursor)),
            exists(select(_d.sequence).where(_due_row)),
        ),
    )
)
_TAKE = Statement(
    update(webhooks)
    .where(_w.id == bindparam("which"), _w.enabled == 1, _w.resume_at <= bindparam("now"), _free)
    .values(busy_by=bindparam("me"), busy_until=bindparam("until"))
    .returning(*webhooks.columns)
)
_PASS = Statement(
    update(webhooks)
    .where(_w.id == bindparam("which"), _w.cursor == bindparam("was"), _w.busy_by == bindparam("me"))
    .values(cursor=bindparam("to"))
    .returning(_w.id)
)
_ADD = Statement(insert(deliveries).values({column.name: bindparam(column.name) for column in deliveries.columns}))
_MANY = Statement(
    select(_d.sequence)
    .where(_d.webhook_id == bindparam("which"), _d.state == fixed("waiting"))
    .order_by(_d.sequence)
    .limit(1)
    .offset(MOST_WAITING)
)
_WAITING_QUERY = (
    select(
        _d.sequence, _d.subject, _d.attempts, _d.first_at, _d.at,
        _f.tenant_id, _f.type, _f.subject.label("station"), _f.at.label("happened_at"), _f.data,
    )
    .join_from(deliveries, feed, and_(_f.tenant_id == _d.tenant_id, _f.sequence == _d.sequence), isouter=True)
    .where(
        _d.webhook_id == bindparam("which"),
        _d.state == fixed("waiting"),
        ~_held_back,
    )
    .order_by(_d.sequence)
    .limit(DELIVERIES_AT_ONCE)
)  # fmt: skip
_WAITING = Statement(_WAITING_QUERY)
_OUTCOME = Statement(
    update(deliveries)
    .where(_d.webhook_id == bindparam("which"), _d.sequence == bindparam("at_sequence"))
    .values(
        {name: bindparam(name) for name in ("state", "attempts", "first_at", "last_at", "next_at", "status", "error")}
    )
)
_AFTER_ROUND = Statement(
    update(webhooks)
    .where(_w.id == bindparam("which"), _w.busy_by == bindparam("me"))
    .values(
        failures=bindparam("failures"),
        resume_at=bindparam("resume_at"),
        delivered_at=bindparam("delivered_at"),
        busy_until=bindparam("until"),
    )
    .returning(_w.id)
)
_DISABLE = Statement(
    update(webhooks)
    .where(_w.id == bindparam("which"), _w.enabled == 1)
    .values(enabled=0, disabled_reason=bindparam("reason"), version=_w.version + 1)
    .returning(_w.id)
)
_RELEASE = Statement(
    update(webhooks).where(_w.id == bindparam("which"), _w.busy_by == bindparam("me")).values(busy_until=0)
)


class Hook(NamedTuple):
    """A webhook that this process may serve until its lease ends."""

    id: int
    tenant_id: int
    url: str
    types: list[str]
    sites: tuple[int, ...] | None
    secret: str
    """Sealed, as the former one."""
    former_secret: str | None
    former_until: int | None
    cursor: int
    failures: int
    delivered_at: int | None
    created_at: int


class Outcome(NamedTuple):
    """What is to be stored of a delivery after an attempt."""

    sequence: int
    state: str
    attempts: int
    first_at: int
    last_at: int
    next_at: int
    status: int | None
    error: str | None


async def due(db: Db, me: str, now: int) -> list[int]:
    """Webhooks for which there is something to do, and which no other process serves."""
    return [int(id) for (id,) in await db.fetch(_DUE, me=me, now=now)]


async def take(db: Db, id: int, me: str, now: int) -> Hook | None:
    """Take the lease of a webhook; None when it is off, held back or another process's."""
    async with db.transaction() as tx:
        rows = await tx.fetch(_TAKE, which=id, me=me, now=now, until=now + LEASE)
    if not rows:
        return None
    row = dict(zip((column.name for column in webhooks.columns), rows[0], strict=True))
    sites = None if row["site_ids"] is None else tuple(msgspec.json.decode(row["site_ids"]))
    values = {name: row[name] for name in Hook._fields if name not in ("types", "sites")}
    return Hook(**values, types=msgspec.json.decode(row["types"]), sites=sites)


async def fan_out(db: Db, hook: Hook, me: str, now: int) -> Hook:
    """Make deliveries of the next events that the webhook wants; the webhook with its cursor behind them."""
    if await db.fetch(_MANY, which=hook.id):
        return hook
    found = await events.after(db, hook.tenant_id, None, hook.cursor, EVENTS_AT_ONCE)
    if not found:
        return hook
    seen = found
    if hook.sites is not None:
        last = found[-1]["sequence"]
        seen = await events.after(db, hook.tenant_id, hook.sites, hook.cursor, EVENTS_AT_ONCE)
        seen = [row for row in seen if row["sequence"] <= last]
    wanted = [row for row in seen if matches(hook.types, row["type"])]
    async with db.transaction() as tx:
        if not await tx.fetch(_PASS, which=hook.id, was=hook.cursor, to=found[-1]["sequence"], me=me):
            return hook
        await tx.execute_all([(_ADD, _new(hook, row, now)) for row in wanted])
    return hook._replace(cursor=found[-1]["sequence"])


def _new(hook: Hook, row: dict[str, Any], now: int) -> dict[str, Any]:
    empty = dict.fromkeys(("first_at", "last_at", "status", "error"))
    return empty | {
        "webhook_id": hook.id, "sequence": row["sequence"], "tenant_id": hook.tenant_id,
        "subject": row["subject"] or "", "type": row["type"], "state": "waiting", "attempts": 0,
        "next_at": now, "at": now,
    }  # fmt: skip


async def waiting(db: Db, hook: Hook, now: int) -> list[dict[str, Any]]:
    """Deliveries that may be tried, in the order of the feed; none of a subject whose first one has to wait. Where the
    event itself is no longer kept, `data` is None."""
    return named(_WAITING_QUERY, await db.fetch(_WAITING, which=hook.id, now=now))


async def settle(
    db: Db, hook: Hook, me: str, outcomes: Sequence[Outcome], *, failures: int, resume_at: int, now: int
) -> bool:
    """Store what came of a round and renew the lease; False when another process has it."""
    delivered_at = now if any(one.state == "delivered" for one in outcomes) else hook.delivered_at
    rows = []
    for one in outcomes:
        columns = one._asdict()
        rows.append((_OUTCOME, {"which": hook.id, "at_sequence": columns.pop("sequence"), **columns}))
    async with db.transaction() as tx:
        await tx.execute_all(rows)
        return bool(
            await tx.fetch(
                _AFTER_ROUND, which=hook.id, me=me, failures=failures, resume_at=resume_at,
                delivered_at=delivered_at, until=now + LEASE,
            )
        )  # fmt: skip


async def disable(tx: Tx, hook: Hook, reason: str, now: int) -> bool:
    """Turn a webhook off, and tell of it in the feed."""
    if not await tx.fetch(_DISABLE, which=hook.id, reason=reason):
        return False
    data = encode({"webhook_id": str(hook.id), "url": hook.url, "reason": reason})
    tx.emit(Event(hook.tenant_id, "ohmstead.webhook.disabled", None, now, data))
    return True


async def release(db: Db, id: int, me: str) -> None:
    async with db.transaction() as tx:
        await tx.execute(_RELEASE, which=id, me=me)
