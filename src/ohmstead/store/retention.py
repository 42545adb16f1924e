"""What is kept for a while only: the message log, refused handshakes, the feed and more, by the settings
`retention`. The ledger is kept for a hundred years, unless told otherwise.

Keys grow with time, nearly: each node numbers its rows from blocks of its own. So the first row that is young enough
is looked up by halving the range of keys, without an index over time and without reading what stays. A young row among
old ones is never deleted; it may put off the deletion of others to a later run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, bindparam, delete, func, literal_column, select, tuple_

from ohmstead.retention_settings import Retention
from ohmstead.store import commands as all_commands
from ohmstead.store import credentials
from ohmstead.store.db import Db
from ohmstead.store.resources import idempotency
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import (
    alerts,
    availability,
    commands,
    commits,
    deliveries,
    device_history,
    event_streams,
    feed,
    files,
    ledger,
    messages,
    procedures,
    refusals,
    signed_once,
    site_samples,
    stream_values,
    tenants,
    transactions,
)

DAY = 24 * 3600 * 1_000_000
COMMITS_DAYS = 7
SIGNED_DAYS = 400
"""Longer than a station's certificate lives: after it what was signed with its key is refused anyway."""
AT_ONCE = 1_000
"""Rows of one transaction: the writer of the stations waits for it."""

TENANTS = Statement(select(tenants.c.id))
OLD_ALERTS = Statement(
    delete(alerts)
    .where(alerts.c.id.in_(select(alerts.c.id).where(alerts.c.resolved_at < bindparam("before")).limit(AT_ONCE)))
    .returning(alerts.c.id)
)
_v = stream_values.c
OLD_VALUES = Statement(
    delete(stream_values)
    .where(
        tuple_(_v.stream, _v.number).in_(
            select(_v.stream, _v.number)
            .where(_v.received_at < bindparam("before"))
            .order_by(_v.received_at)
            .limit(AT_ONCE)
        )
    )
    .returning(_v.stream)
)
_e = event_streams.c
OLD_STREAMS = Statement(
    delete(event_streams)
    .where(_e.id.in_(select(_e.id).where(_e.closed_at < bindparam("before")).limit(AT_ONCE)))
    .returning(_e.id)
)
OLD_COMMITS = Statement(delete(commits).where(commits.c.at < bindparam("before")))
_h = device_history.c
_KEY = (_h.station_id, _h.until, _h.name_id, _h.attribute)
OLD_HISTORY = Statement(
    delete(device_history)
    .where(tuple_(*_KEY).in_(select(*_KEY).where(_h.until < bindparam("before")).order_by(_h.until).limit(AT_ONCE)))
    .returning(_h.station_id)
)
_a = availability.c
_STATE = (_a.station_id, _a.evse_id, _a.connector_id, _a.at)
OLD_STATES = Statement(
    delete(availability)
    .where(tuple_(*_STATE).in_(select(*_STATE).where(_a.at < bindparam("before")).order_by(_a.at).limit(AT_ONCE)))
    .returning(_a.station_id)
)
_p = site_samples.c
OLD_SAMPLES = Statement(
    delete(site_samples)
    .where(
        tuple_(_p.site_id, _p.at).in_(
            select(_p.site_id, _p.at).where(_p.at < bindparam("before")).order_by(_p.at).limit(AT_ONCE)
        )
    )
    .returning(_p.site_id)
)
_d = deliveries.c
_DELIVERY = (_d.webhook_id, _d.sequence)
OLD_DELIVERIES = Statement(
    delete(deliveries)
    .where(
        tuple_(*_DELIVERY).in_(
            select(*_DELIVERY)
            .where(_d.at < bindparam("before"), _d.state != fixed("waiting"))
            .order_by(_d.at)
            .limit(AT_ONCE)
        )
    )
    .returning(_d.sequence)
)
_r = procedures.c
_ENDED = (_r.asked_at < bindparam("before"), _r.state != fixed("asked"), _r.state != fixed("running"))
_ABOUT_CUSTOMERS = _r.kind == fixed("customer_information")


def _old_procedures(*part: ColumnElement[bool]) -> Statement:
    some = select(_r.id).where(*_ENDED, *part).order_by(_r.asked_at).limit(AT_ONCE)
    return Statement(delete(procedures).where(_r.id.in_(some)).returning(_r.id))


OLD_PROCEDURES, OLD_CUSTOMERS = _old_procedures(), _old_procedures(_ABOUT_CUSTOMERS)
_c = commands.c
OLD_COMMANDS = Statement(
    delete(commands)
    .where(
        _c.id.in_(
            select(_c.id)
            .where(_c.id < bindparam("above"), _c.created_at < bindparam("before"))
            .where(_c.state != fixed("queued"), _c.state != fixed("sent"))
            .order_by(_c.id)
            .limit(AT_ONCE)
        )
    )
    .returning(_c.id)
)
_f = files.c
OLD_UPLOADS = Statement(
    select(_f.id).where(_f.kind == fixed("upload"), _f.created_at < bindparam("before")).order_by(_f.id).limit(AT_ONCE)
)
UPLOAD = Statement(delete(files).where(_f.id == bindparam("which")))
_s = signed_once.c
_SIGNED = (_s.tenant_id, _s.station_id, _s.digest)
OLD_SIGNED = Statement(
    delete(signed_once)
    .where(tuple_(*_SIGNED).in_(select(*_SIGNED).where(_s.at < bindparam("before")).order_by(_s.at).limit(AT_ONCE)))
    .returning(_s.digest)
)


class Pile:
    """The rows of a table, or of a part of it, in the order of their growing key. `at` is when they came; of what
    is old only the rows that meet `which` go, and those that stay are few."""

    def __init__(
        self,
        table: Table,
        key: Column[Any],
        *part: ColumnElement[bool],
        at: Column[Any] | None = None,
        which: ColumnElement[bool] | None = None,
    ) -> None:
        at = table.c.at if at is None else at
        self.ends = Statement(select(func.min(key), func.max(key)).where(*part))
        self.next = Statement(
            select(key, at).where(key >= bindparam("low", type_=key.type), *part).order_by(key).limit(1)
        )
        old = select(key).where(key < bindparam("end", type_=key.type), at < bindparam("before"), *part)
        if which is not None:
            old = old.where(which)
        some = old.order_by(key).limit(AT_ONCE)
        self.delete = Statement(delete(table).where(key.in_(some), *part).returning(key))

    async def forget(self, db: Db, before: int, **part: Any) -> int:
        """Delete what is older than `before`, but never the newest row; how many rows that were."""
        low, high = (await db.fetch(self.ends, **part))[0]
        if low is None:
            return 0
        while low < high:
            middle = (low + high) // 2
            key, at = (await db.fetch(self.next, low=middle, **part))[0]
            low, high = (min(key + 1, high), high) if at < before else (low, middle)
        total = 0
        while True:
            async with db.transaction() as tx:
                gone = len(await tx.fetch(self.delete, end=low, before=before, **part))
            total += gone
            if gone < AT_ONCE:
                return total


MESSAGES = Pile(messages, messages.c.id)
REFUSALS = Pile(refusals, refusals.c.id)
# the newest event stays whatever its age: SQLite reads the feed's number off it
FEED = Pile(feed, feed.c.sequence, feed.c.tenant_id == bindparam("tenant"))


_SEALED = (
    select(transactions.c.id)
    .where(
        transactions.c.id == ledger.c.transaction,
        transactions.c.sealed > literal_column("0"),
        transactions.c.ended_at < bindparam("before"),
    )
    .exists()
)
SEALED_EVENTS = Pile(ledger, ledger.c.id, at=ledger.c.received_at, which=_SEALED)


async def forget(db: Db, days: Retention, now: int) -> int:
    """Delete what is older than its days; how many rows that were."""

    def before(many: int) -> int:
        return now - many * DAY

    total = await MESSAGES.forget(db, before(days.messages))
    total += await REFUSALS.forget(db, before(days.refusals))
    for (tenant_id,) in await db.fetch_many(TENANTS):
        total += await FEED.forget(db, before(days.feed), tenant=tenant_id)
    total += await SEALED_EVENTS.forget(db, before(days.transaction_events))
    for statement, many in (
        (OLD_ALERTS, days.alerts),
        (OLD_VALUES, days.streams),
        (OLD_STREAMS, days.streams),  # their values went before
        (OLD_HISTORY, days.device_history),
        (OLD_STATES, days.availability),
        (OLD_SAMPLES, days.site_samples),
        (OLD_SIGNED, SIGNED_DAYS),
        (OLD_DELIVERIES, days.feed),
        (OLD_PROCEDURES, days.procedures),
        (OLD_CUSTOMERS, days.customer_information),
    ):
        total += await _forget(db, statement, before(many))
    since = before(days.commands)
    total += await _forget(db, OLD_COMMANDS, since, above=all_commands.above_ids(since))
    async with db.transaction() as tx:
        await tx.execute(OLD_COMMITS, before=before(COMMITS_DAYS))
        await idempotency.forget_old(tx, now)
    await credentials.forget(db, now)
    return total


async def forget_uploads(db: Db, folder: Path, days: int, now: int) -> int:
    """Delete what stations uploaded more than `days` ago, whose bytes lie in `folder`; how many files that were. The
    bytes go first: what is cut off in between is gone with the next run."""
    total = 0
    while found := [row[0] for row in await db.fetch_many(OLD_UPLOADS, before=now - days * DAY)]:
        await asyncio.to_thread(_unlink, folder, found)
        async with db.transaction() as tx:
            await tx.execute_all([(UPLOAD, {"which": id}) for id in found])
        total += len(found)
    return total


def _unlink(folder: Path, ids: Iterable[int]) -> None:
    for id in ids:
        (folder / str(id)).unlink(missing_ok=True)


async def _forget(db: Db, statement: Statement, before: int, **more: Any) -> int:
    """Run a statement that deletes `AT_ONCE` rows, until there are no more; how many rows that were."""
    total = 0
    while True:
        async with db.transaction() as tx:
            gone = len(await tx.fetch(statement, before=before, **more))
        total += gone
        if gone < AT_ONCE:
            return total
