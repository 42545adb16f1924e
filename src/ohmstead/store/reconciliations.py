"""Transactions under examination: opened by what a station says or leaves out, closed with a verdict."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import and_, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.reconciliation import SETTLES, Check, Reason, pause
from ohmstead.domain.transactions import Transaction
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row, Tx
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import connectors, reconciliations, stations, transactions

AT_ONCE = 200
_r, _t, _s = reconciliations.c, transactions.c, stations.c
_CHECK = ("opened_at", "reason", "asked", "waited", "ongoing", "in_queue", "answered")
_FRESH: dict[str, Any] = {"state": "open", "asked": 0, "waited": 0, "answered": 0} | dict.fromkeys(
    ("ongoing", "in_queue", "verdict", "closed_at")
)
_GIVEN = ("transaction", "tenant_id", "station_id", "called", "reason", "opened_at", "due_at")
_new = insert(reconciliations).values({name: bindparam(name) for name in _GIVEN} | _FRESH)
OPEN = Statement(
    _new.on_conflict_do_update(
        index_elements=["transaction"],
        set_={
            "due_at": case((and_(_r.state == "open", _r.due_at < _new.excluded.due_at), _r.due_at),
                           else_=_new.excluded.due_at),
            "opened_at": case((_r.state == "open", _r.opened_at), else_=_new.excluded.opened_at),
            "reason": _new.excluded.reason,
            **_FRESH,
        },
    )
)  # fmt: skip
"""Look into a transaction, whatever was found before. One that is looked into already is looked at earlier."""
_around = (
    select(_r.tenant_id, _t.body, _s.identity, _s.ocpp_version, _s.connected_since, _s.last_seen_at, _s.created_at,
           *(_r[name] for name in _CHECK))
    .join_from(reconciliations, transactions, _t.id == _r.transaction)
    .join(stations, _s.id == _r.station_id)
)  # fmt: skip
_DUE = Statement(
    _around.where(_r.state == fixed("open"), _r.due_at <= bindparam("now")).order_by(_r.due_at).limit(AT_ONCE)
)
_QUIET = Statement(
    select(_t.id, _t.tenant_id, _t.station_id, _t.body, _s.connected_since, _s.last_seen_at, _s.ocpp_version)
    .join_from(transactions, stations, _s.id == _t.station_id)
    .outerjoin(reconciliations, _r.transaction == _t.id)
    .where(
        _t.state == fixed("active"),
        _t.started_at <= bindparam("before"),
        _t.id > bindparam("after"),
        or_(_r.transaction.is_(None), and_(_r.state != "open", _r.closed_at <= bindparam("before"))),
    )
    .order_by(_t.id)
    .limit(AT_ONCE)
)
_LATER = Statement(
    select(func.min(_t.started_at)).where(
        _t.station_id == bindparam("station"), _t.evse_id == bindparam("evse"), _t.started_at > bindparam("since")
    )
)
_FREE = Statement(
    select(func.max(connectors.c.status_at)).where(
        connectors.c.station_id == bindparam("station"),
        connectors.c.evse_id == bindparam("evse"),
        connectors.c.status == "Available",
        connectors.c.status_at > bindparam("since"),
    )
)
_PUT_OFF = Statement(
    update(reconciliations)
    .where(_r.transaction == bindparam("which"), _r.state == "open")
    .values(due_at=bindparam("due"), asked=_r.asked + bindparam("more"), answered=0)
)
_LOOK_LATER = Statement(
    update(reconciliations)
    .where(_r.transaction == bindparam("which"), _r.state == "open")
    .values(due_at=bindparam("due"))
)
_CLOSED = Statement(
    update(reconciliations)
    .where(_r.transaction == bindparam("which"), _r.state == "open")
    .values(state="closed", verdict=bindparam("found"), closed_at=bindparam("at"))
)
_ANSWERED = Statement(
    update(reconciliations)
    .where(_r.station_id == bindparam("station"), _r.called == bindparam("which"), _r.state == "open")
    .values(
        answered=1, asked=0, ongoing=bindparam("charges"), in_queue=bindparam("queued"), due_at=bindparam("due"),
        waited=_r.waited + bindparam("more"),
    )
)  # fmt: skip
_WAITED = Statement(
    select(_r.waited).where(_r.station_id == bindparam("station"), _r.called == bindparam("which"), _r.state == "open")
)
_BODY = Statement(select(_t.body).where(_t.id == bindparam("which")))
_decode = msgspec.json.Decoder(Transaction).decode


class Due(NamedTuple):
    """An open check that must be looked at now, and what is known around it."""

    tenant_id: int
    check: Check
    transaction: Transaction
    identity: str
    ocpp_version: str | None
    online: bool
    seen_at: int
    """When the station was last heard of."""


class Quiet(NamedTuple):
    """An active transaction that nobody looks into."""

    tenant_id: int
    transaction: Transaction
    online: bool
    seen_at: int | None
    ocpp_version: str | None


def opened(tenant_id: int, one: Transaction, reason: Reason, now: int, due_at: int | None = None) -> Changed:
    """Look into this transaction from now on."""
    return OPEN, {
        "transaction": one.id, "tenant_id": tenant_id, "station_id": one.station_id, "called": one.transaction_id,
        "reason": reason, "opened_at": now, "due_at": now + SETTLES if due_at is None else due_at,
    }  # fmt: skip


async def due(db: Db, now: int) -> list[Due]:
    """What must be looked at now, some of it, the most urgent first."""
    return [_due(row) for row in await db.fetch_many(_DUE, now=now)]


def _due(row: Row) -> Due:
    tenant_id, body, identity, version, connected_since, last_seen_at, created_at, *fields = row
    check = msgspec.convert(dict(zip(_CHECK, fields, strict=True)), Check, strict=False)
    seen_at = created_at if last_seen_at is None else last_seen_at
    return Due(tenant_id, check, _decode(body), identity, version, connected_since is not None, seen_at)


async def quiet(db: Db, before: int, after: int) -> list[Quiet]:
    """Active transactions that began `before` and that nobody has looked into since, with numbers above `after`."""
    rows = await db.fetch_many(_QUIET, before=before, after=after)
    return [
        Quiet(tenant, _decode(body), since is not None, seen_at, version)
        for _, tenant, _, body, since, seen_at, version in rows
    ]


async def over_since(db: Db, one: Transaction) -> int | None:
    """Since when another transaction runs where this one did, or its connector is free; None: neither."""
    if one.evse_id is None:
        return None
    place = {"station": one.station_id, "evse": one.evse_id}
    later = (await db.fetch(_LATER, **place, since=one.last_at))[0][0]
    free = (await db.fetch(_FREE, **place, since=one.last_at))[0][0]
    found: list[int] = [at for at in (later, free) if at is not None]
    return min(found) if found else None


def put_off(transaction: int, until: int, *, asked: bool) -> Changed:
    """Look again at `until`; whether the station is asked now."""
    if asked:
        return _PUT_OFF, {"which": transaction, "due": until, "more": 1}
    return _LOOK_LATER, {"which": transaction, "due": until}


def closed(transaction: int, verdict: str, now: int) -> Changed:
    return _CLOSED, {"which": transaction, "found": verdict, "at": now}


async def answered(
    db: Db, station_id: int, called: str, now: int, *, ongoing: bool | None, in_queue: bool
) -> list[Changed]:
    """The station said how it stands with its transaction `called`."""
    rows = await db.fetch(_WAITED, station=station_id, which=called)
    if not rows:
        return []
    due_at = now + pause(rows[0][0]) if in_queue else now
    arguments: dict[str, Any] = {"station": station_id, "which": called, "due": due_at, "more": int(in_queue)}
    charges = None if ongoing is None else int(ongoing)
    return [(_ANSWERED, arguments | {"charges": charges, "queued": int(in_queue)})]


async def newest(tx: Tx, transaction: int) -> Transaction:
    """The transaction as it is in this moment."""
    return _decode((await tx.fetch(_BODY, which=transaction))[0][0])
