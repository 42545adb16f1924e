"""Reservations on disk: made by our calls, moved by what stations say and by time."""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, and_, bindparam, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from ohmstead.domain.reservations import TABLE, Happening, State, from_states, state_after
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row, Tx
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import commands, reservations, stations, tokens, transactions

AT_ONCE = 200
_r, _t = reservations.c, transactions.c


class Reservation(Struct, frozen=True, kw_only=True):
    """One reservation; times in microseconds."""

    id: int
    tenant_id: int
    station_id: int
    number: int
    evse_id: int | None = None
    connector_type: str | None = None
    token: str
    token_type: str | None = None
    group_token: str | None = None
    expires_at: int
    state: State = "requested"
    reason: str | None = None
    transaction: int | None = None
    command_id: str | None = None
    created_at: int
    changed_at: int


FIELDS = Reservation.__struct_fields__
_COLUMNS = tuple(_r[name] for name in FIELDS)
ADD = Statement(insert(reservations).values({name: bindparam(name) for name in FIELDS}))
_put = upsert(reservations).values({name: bindparam(name) for name in FIELDS})
_KEPT = ("id", "tenant_id", "station_id", "number", "command_id", "created_at")
PUT = Statement(
    _put.on_conflict_do_update(
        index_elements=["tenant_id", "station_id", "number"],
        set_={name: _put.excluded[name] for name in FIELDS if name not in _KEPT},
    )
)
"""A call that reserves: a number that the station knows is reserved anew (H01.FR.02)."""
_open: ColumnElement[bool] = or_(_r.state == fixed("requested"), _r.state == fixed("active"))
_BY_NUMBER = Statement(
    select(*_COLUMNS).where(
        _r.tenant_id == bindparam("tenant"), _r.station_id == bindparam("station"), _r.number == bindparam("called")
    )
)
_BY_ID = Statement(select(*_COLUMNS).where(_r.tenant_id == bindparam("tenant"), _r.id == bindparam("which")))
_OVERDUE = Statement(
    select(stations.c.identity, *_COLUMNS)
    .join_from(reservations, stations, stations.c.id == _r.station_id)
    .where(_open, _r.expires_at <= bindparam("now"))
    .limit(AT_ONCE)
)
_NEVER_SENT = Statement(
    select(stations.c.identity, commands.c.state, *_COLUMNS)
    .join_from(reservations, stations, stations.c.id == _r.station_id)
    .join(commands, commands.c.id == _r.command_id)
    .where(_open, _r.state == "requested", commands.c.state.in_(["expired", "cancelled", "error", "rejected"]))
    .limit(AT_ONCE)
)
_same_group = and_(
    _r.group_token.is_not(None),
    select(tokens.c.id)
    .where(
        tokens.c.tenant_id == _r.tenant_id,
        tokens.c.token_key == func.lower(_t.token),
        func.lower(tokens.c.group_token) == func.lower(_r.group_token),
    )
    .exists(),
)
_fee_due: ColumnElement[bool] = _r.fee_due == literal_column("1")
_late: ColumnElement[bool] = and_(_fee_due, _r.state == fixed("expired"), _t.started_at <= _r.expires_at)


def _used(which: ColumnElement[bool]) -> Statement:
    """Reservations with a transaction that charged at them without naming them."""
    return Statement(
        select(stations.c.identity, _t.id, *_COLUMNS)
        .join_from(reservations, stations, stations.c.id == _r.station_id)
        .join(transactions, and_(_t.station_id == _r.station_id, _t.started_at >= _r.created_at))
        .where(
            which,
            or_(_r.evse_id.is_(None), _r.evse_id == _t.evse_id),
            or_(func.lower(_t.token) == func.lower(_r.token), _same_group),
        )
        .limit(AT_ONCE)
    )


_USED, _USED_LATE = _used(_open), _used(_late)
_FEES = Statement(
    select(stations.c.identity, *_COLUMNS)
    .join_from(reservations, stations, stations.c.id == _r.station_id)
    .where(
        _fee_due,
        _r.changed_at <= bindparam("before"),
        or_(
            _r.state == fixed("used"),
            # what a station charged while it was offline is known when it has come back
            and_(
                _r.state == fixed("expired"),
                or_(stations.c.connected_since.is_not(None), stations.c.last_seen_at > _r.expires_at),
            ),
        ),
    )
    .order_by(_r.changed_at)
    .limit(AT_ONCE)
)
_FEE_DONE = Statement(
    update(reservations)
    .where(_r.id == bindparam("which"), _fee_due, _r.changed_at == bindparam("was"))
    .values(fee_due=None)
    .returning(_r.id)
)


class Moving(NamedTuple):
    """A reservation to which something happened."""

    identity: str
    reservation: Reservation
    what: Happening
    reason: str | None = None
    transaction: int | None = None


def _moved(happening: Happening) -> Statement:
    states = or_(*(_r.state == fixed(state) for state in from_states(happening)))
    values: dict[str, Any] = {"state": state_after(happening), "reason": bindparam("why")}
    values |= {"changed_at": bindparam("at"), "transaction": func.coalesce(bindparam("part_of"), _r.transaction)}
    if happening in ("used", "expired"):
        values["fee_due"] = 1
    return Statement(update(reservations).where(_r.id == bindparam("which"), states).values(values))


_HAPPENINGS: tuple[Happening, ...] = get_args(Happening)
_MOVED = {what: _moved(what) for what in _HAPPENINGS}


def reservation_of(row: Row) -> Reservation:
    return Reservation(**dict(zip(FIELDS, row, strict=True)))


def made(one: Reservation) -> Changed:
    """It is asked for by a call to its station."""
    return PUT, {name: getattr(one, name) for name in FIELDS}


async def add(tx: Tx, one: Reservation) -> None:
    """It is asked for, and its call waits in the queue."""
    await tx.execute(ADD, **{name: getattr(one, name) for name in FIELDS})


def after(one: Moving, now: int) -> Reservation | None:
    """The reservation as it is then; None where this means nothing in its state."""
    before = one.reservation
    state = TABLE.get((before.state, one.what))
    if state is None or state == before.state:
        return None
    transaction = before.transaction if one.transaction is None else one.transaction
    return replace(before, state=state, reason=one.reason, transaction=transaction, changed_at=now)


def moved(one: Moving, now: int) -> Changed:
    """What happened to it; only where it means anything (domain.reservations.TABLE)."""
    arguments: dict[str, Any] = {"which": one.reservation.id, "why": one.reason, "at": now}
    return _MOVED[one.what], arguments | {"part_of": one.transaction}


async def by_number(db: Db, tenant_id: int, station_id: int, number: int) -> Reservation | None:
    rows = await db.fetch(_BY_NUMBER, tenant=tenant_id, station=station_id, called=number)
    return reservation_of(rows[0]) if rows else None


async def by_id(tx: Tx | Db, tenant_id: int, id: int) -> Reservation | None:
    rows = await tx.fetch(_BY_ID, tenant=tenant_id, which=id)
    return reservation_of(rows[0]) if rows else None


async def due(db: Db, now: int) -> list[Moving]:
    """Those that were used without saying so, whose call failed, and that are over; each once."""
    found: dict[int, Moving] = {}
    for statement in (_USED, _USED_LATE):
        for identity, transaction, *row in await db.fetch_many(statement):
            one = Moving(identity, reservation_of(row), "used", None, transaction)
            found.setdefault(one.reservation.id, one)
    for identity, state, *row in await db.fetch_many(_NEVER_SENT):
        one = Moving(identity, reservation_of(row), "refused", f"the station was not asked: its command is {state}")
        found.setdefault(one.reservation.id, one)
    for identity, *row in await db.fetch_many(_OVERDUE, now=now):
        one = Moving(identity, reservation_of(row), "expired")
        found.setdefault(one.reservation.id, one)
    return list(found.values())


async def fees_due(db: Db, before: int) -> list[tuple[str, Reservation]]:
    """Those that ended before a time and whose fee is to be looked at, with the identity of their station; some of
    them, the oldest first. Stations that were not heard of since are waited for."""
    return [(identity, reservation_of(row)) for identity, *row in await db.fetch_many(_FEES, before=before)]


async def fee_done(tx: Tx, one: Reservation) -> bool:
    """Its fee was looked at; False where something happened to it meanwhile."""
    return bool(await tx.fetch(_FEE_DONE, which=one.id, was=one.changed_at))
