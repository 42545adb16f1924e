"""The ledger's rows: the frames that say something of money, the transactions they fold into, and the message log."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, select, update

from ohmstead.domain.transactions import Transaction
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Write
from ohmstead.store.statement import Append, Statement, fixed
from ohmstead.store.tables import ledger, messages, transactions

LEDGER = Append(ledger)
MESSAGES = Append(messages)
TRANSACTIONS = Append(transactions, *[column.name for column in transactions.columns if column.name != "sealed"])

_FOLDED = ("state", "evse_id", "token", "started_at", "ended_at", "energy_wh", "complete", "body")
UPDATE = Statement(
    update(transactions)
    .where(transactions.c.id == bindparam("which"))
    .values({name: bindparam(name) for name in _FOLDED})
)
_INDEXED = frozenset({"state", "started_at"})
PROGRESS = Statement(
    update(transactions)
    .where(transactions.c.id == bindparam("which"))
    .values({name: bindparam(name) for name in _FOLDED if name not in _INDEXED})
)
"""SQLite writes an index again for every column that is named, changed or not: without these it is half the bytes."""
CALLED = Statement(
    select(transactions.c.body).where(
        transactions.c.tenant_id == bindparam("tenant"),
        transactions.c.station_id == bindparam("station"),
        transactions.c.transaction_id == bindparam("called"),
    )
)
STARTED_AT = Statement(
    select(transactions.c.body).where(
        transactions.c.station_id == bindparam("station"), transactions.c.started_at == bindparam("at")
    )
)
_latest = (
    select(transactions.c.body, transactions.c.ended_at)
    .where(transactions.c.station_id == bindparam("station"), transactions.c.started_at <= bindparam("at"))
    .order_by(transactions.c.started_at.desc())
    .limit(100)
    .subquery()
)
ENDED_AT = Statement(select(_latest.c.body).where(_latest.c.ended_at == bindparam("at")))
SAME_MOMENT = Statement(
    select(ledger.c.kind, ledger.c.request, ledger.c.answer)
    .where(
        ledger.c.transaction == bindparam("which"),
        ledger.c.seq_no == bindparam("seq_no"),
        ledger.c.at == bindparam("at"),
    )
    .order_by(ledger.c.id)
)
SAME_MOMENT_16 = Statement(
    select(ledger.c.kind, ledger.c.request, ledger.c.answer)
    .where(ledger.c.transaction == bindparam("which"), ledger.c.seq_no.is_(None), ledger.c.at == bindparam("at"))
    .order_by(ledger.c.id)
)

ASIDE_AT = Statement(
    select(ledger.c.kind, ledger.c.request, ledger.c.answer)
    .where(ledger.c.transaction.is_(None), ledger.c.seq_no.is_(None), ledger.c.at == bindparam("at"))
    .where(ledger.c.station_id + 0 == bindparam("station"), ledger.c.kind == fixed("aside"))
    .order_by(ledger.c.id)
)
"""`+ 0`: SQLite shall look for the moment, not through all the station ever sent."""
UNFOLDED = Statement(
    select(ledger.c.id, ledger.c.kind, ledger.c.at, ledger.c.action, ledger.c.request)
    .where(ledger.c.station_id == bindparam("station"), ledger.c.kind == fixed("unfolded"))
    .order_by(ledger.c.id)
)
STOPS_ASIDE = Statement(
    select(ledger.c.id, ledger.c.kind, ledger.c.at, ledger.c.action, ledger.c.request)
    .where(ledger.c.station_id == bindparam("station"), ledger.c.id > bindparam("after"))
    .where(ledger.c.kind == fixed("aside"), ledger.c.action == fixed("StopTransaction"))
    .order_by(ledger.c.id)
)
REFOLDED = Statement(
    update(ledger)
    .where(ledger.c.id == bindparam("which"))
    .values(
        kind=bindparam("became"), transaction=bindparam("part_of"), seq_no=bindparam("number"), at=bindparam("moment")
    )
)

_decoder = msgspec.json.Decoder(Transaction)
_encode = msgspec.json.Encoder().encode


class Kept(NamedTuple):
    """A frame that is in the ledger already: what it was, and what we answered."""

    kind: str
    request: str
    answer: str


class Entry(NamedTuple):
    """Where a frame belongs in the ledger; the frame and its answer are added when the answer is known."""

    kind: str
    at: int
    transaction: int | None = None
    seq_no: int | None = None


class Unfolded(NamedTuple):
    """A frame that is kept, but is part of no transaction yet."""

    id: int
    kind: str
    at: int
    action: str
    request: str


async def unfolded(db: Db, station_id: int) -> list[Unfolded]:
    """The frames of the station that a handler failed on, in the order they came."""
    return [Unfolded(*row) for row in await db.fetch(UNFOLDED, station=station_id)]


async def stops_aside(db: Db, station_id: int, after: int) -> list[Unfolded]:
    """The 1.6 stops that came after the row `after` and that no transaction was found for."""
    return [Unfolded(*row) for row in await db.fetch(STOPS_ASIDE, station=station_id, after=after)]


async def find_transactions(db: Db, tenant_id: int, station_id: int, transaction_id: str) -> list[Transaction]:
    """The transactions that the station called so: one, unless it uses ids again."""
    rows = await db.fetch(CALLED, tenant=tenant_id, station=station_id, called=transaction_id)
    return [_decoder.decode(row[0]) for row in rows]


async def started_at(db: Db, station_id: int, at: int) -> list[Transaction]:
    """The station's transactions that began at this very microsecond."""
    return [_decoder.decode(row[0]) for row in await db.fetch(STARTED_AT, station=station_id, at=at)]


async def ended_at(db: Db, station_id: int, at: int) -> list[Transaction]:
    """Those of the station's transactions that ended at this very microsecond, of the 100 that began last before."""
    return [_decoder.decode(row[0]) for row in await db.fetch(ENDED_AT, station=station_id, at=at)]


async def aside_at(db: Db, station_id: int, at: int) -> list[Kept]:
    """The station's frames of this moment that belong to no transaction we know."""
    return [Kept(*row) for row in await db.fetch(ASIDE_AT, station=station_id, at=at)]


async def kept_at(db: Db, transaction: int, seq_no: int | None, at: int) -> list[Kept]:
    """The frames of a transaction with this seqNo and time."""
    if seq_no is None:
        rows = await db.fetch(SAME_MOMENT_16, which=transaction, at=at)
    else:
        rows = await db.fetch(SAME_MOMENT, which=transaction, seq_no=seq_no, at=at)
    return [Kept(*row) for row in rows]


def write_new(write: Write, one: Transaction) -> None:
    write.append(
        TRANSACTIONS,
        (one.id, write.tenant_id, write.station_id, one.transaction_id, one.ordinal, *_folded(one).values()),
    )


def write_changed(write: Write, one: Transaction, before: Transaction | None = None) -> None:
    """The transaction as it is now; `before` is what its row says, for a cheaper change where nothing else moved."""
    moved = before is None or (before.state, before.started_at) != (one.state, one.started_at)
    write.execute(UPDATE if moved else PROGRESS, which=one.id, **_folded(one))


def changed(one: Transaction) -> Changed:
    """The transaction as it is now, written beside its session; who does that must make the session look again."""
    return UPDATE, {"which": one.id, **_folded(one)}


def body(one: Transaction) -> str:
    """The text of the transaction in its row."""
    return _encode(one).decode()


def _folded(one: Transaction) -> dict[str, Any]:
    return {
        "state": one.state,
        "evse_id": one.evse_id,
        "token": one.token,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "energy_wh": one.energy_wh,
        "complete": int(one.complete),
        "body": body(one),
    }


def write_entry(
    write: Write, number: int, entry: Entry, received_at: int, action: str, request: str, answer: str
) -> None:
    row = (
        number,
        write.tenant_id,
        write.station_id,
        entry.transaction,
        entry.kind,
        entry.seq_no,
        entry.at,
        received_at,
    )
    write.append(LEDGER, (*row, action, request, answer))


def write_refolded(write: Write, number: int, entry: Entry) -> None:
    """A frame that was kept raw found its place; frame and answer stay as they are."""
    write.execute(
        REFOLDED,
        which=number,
        became=entry.kind,
        part_of=entry.transaction,
        number=entry.seq_no,
        moment=entry.at,
    )
