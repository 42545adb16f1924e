"""Commands: a row is the truth of each, from the moment it is asked until nothing more can happen to it.

The API adds rows and cancels them; the station's session takes them, one at a time, and writes each step through its
own group commit, so a session that lost its station can no longer move one.
"""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from msgspec import Raw, Struct
from sqlalchemy import and_, bindparam, case, exists, func, or_, select, update

from ohmstead import tracing
from ohmstead.domain.commands import Awaiting, Happening
from ohmstead.ocpp.masking import masked
from ohmstead.runtime import rfc3339
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Event, Tx, Write
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import commands, sessions, stations

COMMAND_TOPIC = "command"
"""Rung with a command's id at each step."""

_encode = msgspec.json.Encoder().encode


class Queued(Struct, frozen=True):
    """A command that its station should get now."""

    id: str
    type: str
    body: str
    expires_at: int
    traceparent: str | None = None


class CallRecord(Struct, omit_defaults=True):
    """One CALL of a command, as the API shows it; times in RFC 3339."""

    message_id: str
    action: str
    payload: Raw
    answer: Raw | None = None
    error: dict[str, str] | None = None
    sent_at: str | None = None
    answered_at: str | None = None


class Step(Struct, frozen=True, kw_only=True):
    """Where a command stands now."""

    state: str
    reason: str | None = None
    answer: bytes | None = None
    error: dict[str, str] | None = None
    awaits: Happening | None = None
    confirm_until: int | None = None
    results: bytes | None = None


_new: dict[str, Any] = {
    name: bindparam(name)
    for name in (
        "id", "tenant_id", "station_id", "type", "body", "state", "created_at", "expires_at", "updated_at",
        "traceparent",
    )
}  # fmt: skip
_queued = select(commands.c.id, commands.c.type, commands.c.body, commands.c.expires_at, commands.c.traceparent).where(
    commands.c.station_id == bindparam("station"), commands.c.state == fixed("queued")
)
NEW = Statement(commands.insert().values(calls="[]", **_new))
NEXT = Statement(_queued.order_by(commands.c.created_at, commands.c.id).limit(1))
OF_TYPE = Statement(
    _queued.where(commands.c.type == bindparam("kind")).order_by(commands.c.created_at, commands.c.id).limit(100)
)
STARTS = Statement(
    select(commands.c.body)
    .where(
        commands.c.station_id == bindparam("station"),
        commands.c.type == "start",
        commands.c.state.in_(["sent", "accepted", "confirmed"]),
    )
    .order_by(commands.c.created_at.desc())
    .limit(5)
)
WAITING = Statement(select(commands.c.station_id).where(commands.c.state == fixed("queued")).distinct())
LOST = Statement(
    select(commands.c.id)
    .where(commands.c.station_id == bindparam("station"), commands.c.state == fixed("sent"))
    .order_by(commands.c.created_at, commands.c.id)
)
SENT = Statement(
    update(commands)
    .where(commands.c.id == bindparam("which"), commands.c.state.in_(["queued", "sent"]))
    .values(
        state="sent",
        calls=bindparam("record"),
        sent_at=func.coalesce(commands.c.sent_at, bindparam("at")),
        updated_at=bindparam("at"),
    )
)
# A confirmation may be committed in the same moment as the answer it follows: then the row is confirmed already, and
# only what the answer adds is written.
ANSWERED = Statement(
    update(commands)
    .where(commands.c.id == bindparam("which"), commands.c.state.in_(["queued", "sent", "confirmed"]))
    .values(
        state=case((commands.c.state == "confirmed", commands.c.state), else_=bindparam("following")),
        reason=bindparam("why"),
        answer=bindparam("answered"),
        error=bindparam("failure"),
        calls=bindparam("record"),
        results=bindparam("each"),
        awaits=bindparam("expectation"),
        confirm_until=bindparam("until"),
        updated_at=bindparam("at"),
    )
)
CONFIRMED = Statement(
    update(commands)
    .where(commands.c.id == bindparam("which"), commands.c.state.in_(["sent", "accepted"]))
    .values(state="confirmed", updated_at=bindparam("at"))
)
HOPELESS = Statement(
    update(commands)
    .where(commands.c.station_id == bindparam("station"), commands.c.state == fixed("accepted"))
    .where(commands.c.awaits == bindparam("expectation"))
    .values(confirm_until=bindparam("until"), reason=func.coalesce(bindparam("why"), commands.c.reason))
)
HOPELESS_SINCE = 0
"""`confirm_until` of a command that failed after it was accepted, and whose reason says so."""
FAILED = Statement(
    update(commands)
    .where(commands.c.id == bindparam("which"), commands.c.state == fixed("accepted"), commands.c.awaits.is_not(None))
    .values(confirm_until=bindparam("until"), reason=bindparam("why"))
)
TIMED_OUT = Statement(
    update(commands)
    .where(commands.c.id == bindparam("which"), commands.c.state == fixed("sent"))
    .values(state="timed_out", reason=bindparam("why"), updated_at=bindparam("at"))
)
_identity = select(stations.c.identity).where(stations.c.id == commands.c.station_id).scalar_subquery()
_ENDED = (commands.c.id, commands.c.tenant_id, _identity)
_expired = and_(commands.c.state == fixed("queued"), commands.c.expires_at < bindparam("at"))
_unconfirmed = and_(
    commands.c.state == fixed("accepted"), commands.c.awaits.is_not(None), commands.c.confirm_until < bindparam("at")
)
_abandoned = and_(
    commands.c.state == fixed("sent"),
    commands.c.updated_at < bindparam("before"),
    exists().where(stations.c.id == commands.c.station_id, stations.c.connected_since.is_(None)),
)
# the same words as the index has: only so SQLite looks at the open commands alone
_open = or_(*(commands.c.state == fixed(state) for state in ("queued", "sent", "accepted")))
OVERDUE = Statement(select(commands.c.id).where(_open, or_(_expired, _unconfirmed, _abandoned)).limit(1))
# A session may be about to send what has just expired, or to confirm what was just given up: then its commit finds a
# newer generation and it looks again. First this, then the commands: a commit takes its locks in the same order.
OVERTAKEN = Statement(
    update(sessions)
    .where(sessions.c.station_id.in_(select(commands.c.station_id).where(_open, or_(_expired, _unconfirmed))))
    .values(generation=sessions.c.generation + 1)
)
EXPIRED = Statement(
    update(commands)
    .where(_expired)
    .values(state="expired", reason="its station did not come in time", updated_at=bindparam("at"))
    .returning(*_ENDED)
)
UNCONFIRMED = Statement(
    update(commands)
    .where(_unconfirmed)
    .values(
        state="unconfirmed",
        reason=case(
            (commands.c.confirm_until == HOPELESS_SINCE, commands.c.reason),
            else_="what should follow did not come in time",
        ),
        updated_at=bindparam("at"),
    )
    .returning(*_ENDED)
)
ABANDONED_AFTER = 10_000_000
"""Microseconds that a session has to write what became of its open call when its socket ends."""
ABANDONED = Statement(
    update(commands)
    .where(_abandoned)
    .values(state="timed_out", reason=bindparam("why"), updated_at=bindparam("at"))
    .returning(*_ENDED)
)
NO_ANSWER = "no answer: it may still have worked"


def new_id(now: int) -> str:
    return f"cmd_{now:x}{secrets.token_hex(6)}"


def above_ids(at: int) -> str:
    """All ids that were made before this moment are below it."""
    return f"cmd_{at:x}"


def write_new(write: Write, identity: str, type: str, body: str, now: int, expires_at: int) -> str:
    """Queue a command of our own, in the commit of a message of its station; its id."""
    row = _row(new_id(now), write.tenant_id, write.station_id, type, body, now, expires_at)
    write.execute(NEW, **row)
    write.emit(step_event(write.tenant_id, identity, row["id"], type, "queued", now))
    write.ring("station", str(write.station_id))
    return str(row["id"])


def _row(id: str, tenant_id: int, station_id: int, type: str, body: str, now: int, expires_at: int) -> dict[str, Any]:
    return {
        "id": id,
        "tenant_id": tenant_id,
        "station_id": station_id,
        "type": type,
        "body": body,
        "state": "queued",
        "created_at": now,
        "expires_at": expires_at,
        "updated_at": now,
        "traceparent": tracing.traceparent(),
    }


async def add(
    tx: Tx, *, id: str, tenant_id: int, station_id: int, identity: str, type: str, body: str, now: int, expires_at: int
) -> None:
    """Queue a command; ring ("station", station_id) happens with the commit."""
    await tx.execute(NEW, **_row(id, tenant_id, station_id, type, body, now, expires_at))
    tx.emit(step_event(tenant_id, identity, id, type, "queued", now))
    tx.ring("station", str(station_id))


def queued(
    id: str, tenant_id: int, station_id: int, type: str, body: dict[str, Any], now: int, expires_at: int
) -> Changed:
    """Queue a command that an answer of its station calls for: its session takes it next."""
    return NEW, _row(id, tenant_id, station_id, type, _encode(body).decode(), now, expires_at)


async def next_queued(db: Db, station_id: int) -> Queued | None:
    rows = await db.fetch(NEXT, station=station_id)
    return Queued(*rows[0]) if rows else None


async def queued_of_type(db: Db, station_id: int, kind: str) -> list[Queued]:
    """The oldest hundred."""
    return [Queued(*row) for row in await db.fetch(OF_TYPE, station=station_id, kind=kind)]


async def started_by(db: Db, station_id: int) -> list[str]:
    """The bodies of the remote starts that the station has got lately, the last one first."""
    return [row[0] for row in await db.fetch(STARTS, station=station_id)]


async def sent_before(db: Db, station_id: int) -> list[str]:
    """Commands that were on the wire when an earlier session ended: nobody will ever hear of them."""
    return [row[0] for row in await db.fetch(LOST, station=station_id)]


def write_sent(write: Write, id: str, calls: list[CallRecord], at: int) -> None:
    write.execute(SENT, which=id, record=masked(_encode(calls).decode()), at=at)
    write.ring(COMMAND_TOPIC, id)


def write_answered(write: Write, id: str, step: Step, calls: list[CallRecord], at: int) -> None:
    write.execute(
        ANSWERED,
        which=id,
        following=step.state,
        why=step.reason,
        answered=None if step.answer is None else masked(step.answer.decode()),
        failure=None if step.error is None else _encode(step.error).decode(),
        record=masked(_encode(calls).decode()),
        each=None if step.results is None else masked(step.results.decode()),
        expectation=None if step.awaits is None else _encode(step.awaits).decode(),
        until=step.confirm_until,
        at=at,
    )
    write.ring(COMMAND_TOPIC, id)


def write_confirmed(write: Write, one: Awaiting, identity: str, at: int) -> None:
    write.execute(CONFIRMED, which=one.command_id, at=at)
    write.emit(step_event(write.tenant_id, identity, one.command_id, None, "confirmed", at))
    write.ring(COMMAND_TOPIC, one.command_id)


def write_timed_out(write: Write, id: str, identity: str, reason: str, at: int) -> None:
    write.execute(TIMED_OUT, which=id, why=reason, at=at)
    write.emit(step_event(write.tenant_id, identity, id, None, "timed_out", at, reason))
    write.ring(COMMAND_TOPIC, id)


def step_event(
    tenant_id: int, identity: str, id: str, type: str | None, state: str, at: int, reason: str | None = None
) -> Event:
    """`ohmstead.command.<state>`."""
    data: dict[str, Any] = {"id": id, "station_id": identity, "state": state, "at": rfc3339(at)}
    if type is not None:
        data["type"] = type
    if reason is not None:
        data["reason"] = reason
    return Event(tenant_id, f"ohmstead.command.{state}", identity, at, _encode(data).decode())


async def give_up(tx: Tx, station_id: int, expectation: Happening, now: int) -> None:
    """Nothing will confirm the commands that wait for this any more: `end_overdue` shall end them."""
    await tx.execute(HOPELESS, station=station_id, expectation=_encode(expectation).decode(), until=now - 1, why=None)


def write_failed(write: Write, id: str, reason: str) -> None:
    """What was to confirm this command has failed, for this reason: `end_overdue` shall end it."""
    write.execute(FAILED, which=id, until=HOPELESS_SINCE, why=reason)


async def end_overdue(db: Db, now: int) -> int:
    """Expire what was never sent, give up waiting for confirmations, and for answers that a crash of ours lost; how
    many commands that ended."""
    ended = 0
    abandoned = {"before": now - ABANDONED_AFTER, "why": NO_ANSWER}
    if not await db.fetch(OVERDUE, at=now, before=abandoned["before"]):
        return 0  # as nearly always: no need to stand in the writers' way
    async with db.transaction() as tx:
        await tx.execute(OVERTAKEN, at=now)
        for statement, state, more in (
            (EXPIRED, "expired", {}),
            (UNCONFIRMED, "unconfirmed", {}),
            (ABANDONED, "timed_out", abandoned),
        ):
            for id, tenant_id, identity in await tx.fetch(statement, at=now, **more):
                tx.emit(step_event(tenant_id, identity, id, None, state, now))
                tx.ring(COMMAND_TOPIC, id)
                ended += 1
    return ended
