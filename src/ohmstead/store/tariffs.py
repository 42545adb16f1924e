"""Tariffs, charges and bills as the blocks and jobs read and write them."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.tariffs import Element, Tally, Tariff
from ohmstead.domain.transactions import Transaction
from ohmstead.shapes.tariff import TariffElement, TariffNew
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import bills, charges, ledger, reservations, sites, stations, tariffs, tokens, transactions

AT_ONCE = 100
UTC = "UTC"
SWITCHED = "TariffChanged"
"""The trigger with which a station goes on by another tariff (I11.FR.07)."""

_t, _c, _b = tariffs.c, charges.c, bills.c
_COLUMNS = (_t.id, _t.version, _t.body)
_FOR_TOKEN = Statement(
    select(*_COLUMNS)
    .where(_t.tenant_id == bindparam("tenant"), _t.until.is_(None))
    .where(
        or_(
            _t.is_default == 1,
            _t.id.in_(
                select(tokens.c.tariff_id).where(
                    tokens.c.tenant_id == bindparam("tenant"), tokens.c.token_key == bindparam("token_key"),
                )
            ),
        )
    )
    .order_by(_t.is_default)
)  # fmt: skip
"""The tariff of a token before the default one."""
_OF_TOKEN = Statement(
    select(*_COLUMNS)
    .join_from(tariffs, tokens, (tokens.c.tenant_id == _t.tenant_id) & (tokens.c.tariff_id == _t.id))
    .where(_t.tenant_id == bindparam("tenant"), _t.until.is_(None), tokens.c.token_key == bindparam("token_key"))
)
_RESERVED = Statement(
    select(reservations.c.created_at).where(
        reservations.c.station_id == bindparam("station"), reservations.c.number == bindparam("called")
    )
)
_VERSION = Statement(
    select(*_COLUMNS).where(
        _t.tenant_id == bindparam("tenant"), _t.id == bindparam("which"), _t.version == bindparam("number")
    )
)
_NEWEST = Statement(
    select(*_COLUMNS).where(_t.tenant_id == bindparam("tenant"), _t.id == bindparam("which"), _t.until.is_(None))
)
_ZONE = Statement(
    select(sites.c.time_zone).join_from(stations, sites, sites.c.id == stations.c.site_id).where(
        stations.c.id == bindparam("station")
    )
)  # fmt: skip
_switched = exists().where(ledger.c.transaction == _c.transaction, ledger.c.request.contains(SWITCHED))
_CHARGE = Statement(select(charges, _switched.label("switched")).where(_c.transaction == bindparam("which")))
_charge_row = insert(charges).values({column.name: bindparam(column.name) for column in charges.columns})
_NEW = Statement(
    _charge_row.on_conflict_do_update(
        index_elements=["transaction"],
        set_={
            name: _charge_row.excluded[name]
            for name in ("tariff_id", "tariff_version", "time_zone", "currency", "total", "tally")
        },
    )
)
_RUNNING = Statement(
    update(charges)
    .where(_c.transaction == bindparam("which"))
    .values(total=bindparam("total"), tally=bindparam("tally"))
)
_MARK_DUE = Statement(update(charges).where(_c.transaction == bindparam("which")).values(due=_c.due + 1))
_BILLED = Statement(
    update(charges)
    .where(
        _c.transaction == bindparam("which"),
        _c.due == bindparam("due_was"),
        _c.bill_version == bindparam("version_was"),
    )
    .values(total=bindparam("total"), bill_version=bindparam("number"), due=0)
    .returning(_c.transaction)
)
_BILL = Statement(insert(bills).values({column.name: bindparam(column.name) for column in bills.columns}))
_SOME_DUE = Statement(select(_c.transaction).where(_c.due > 0).order_by(_c.transaction).limit(AT_ONCE))
_ENDED_UNBILLED = Statement(
    select(_c.transaction)
    .join_from(charges, transactions, transactions.c.id == _c.transaction)
    .where(_c.bill_version == 0, transactions.c.state != fixed("active"))
    .order_by(_c.transaction)
    .limit(AT_ONCE)
)
_FRAMES = Statement(
    select(ledger.c.action, ledger.c.request)
    .where(ledger.c.transaction == bindparam("which"))
    .order_by(ledger.c.at, ledger.c.id)
)
_TRANSACTION = Statement(
    select(transactions.c.body, stations.c.identity)
    .join_from(transactions, stations, stations.c.id == transactions.c.station_id)
    .where(transactions.c.id == bindparam("which"))
)
_transaction = msgspec.json.Decoder(Transaction)
_tally = msgspec.json.Decoder(Tally)
_encode = msgspec.json.Encoder().encode


class Charge(Struct, frozen=True):
    """What a transaction is charged by, and how far its running cost is."""

    transaction: int
    tenant_id: int
    station_id: int
    tariff: Tariff
    time_zone: str
    tally: Tally
    total: str
    bill_version: int = 0
    due: int = 0
    switched: bool = False
    """It went on by another tariff; `tally` stands still then, and what it costs is worked out from its frames."""
    with_token: bool = True
    """The tariff was chosen by a token; without one yet it may still change."""


class Billed(NamedTuple):
    """A transaction for its bill."""

    identity: str
    transaction: Transaction
    charge: Charge
    frames: list[tuple[str, str]]
    reserved_at: int | None = None


async def tariff_of_token(db: Db, tenant_id: int, token_key: str) -> Tariff | None:
    """The tariff that a token has of its own; None where it has none."""
    rows = await db.fetch(_OF_TOKEN, tenant=tenant_id, token_key=token_key)
    return _tariff(rows[0]) if rows else None


async def reserved_at(db: Db, one: Transaction) -> int | None:
    """Since when the place was reserved for a transaction; None: it was not."""
    if one.reservation_id is None:
        return None
    rows = await db.fetch(_RESERVED, station=one.station_id, called=one.reservation_id)
    return rows[0][0] if rows else None


async def tariff_for(db: Db, tenant_id: int, token_key: str | None) -> Tariff | None:
    """The tariff of a token, else the default one; None where there is neither."""
    rows = await db.fetch(_FOR_TOKEN, tenant=tenant_id, token_key=token_key)
    return _tariff(rows[0]) if rows else None


async def version_of(db: Db, tenant_id: int, id: str, version: int) -> Tariff | None:
    """One version of a tariff."""
    rows = await db.fetch(_VERSION, tenant=tenant_id, which=id, number=version)
    return _tariff(rows[0]) if rows else None


async def current(db: Db, tenant_id: int, id: str) -> Tariff | None:
    """A tariff in its newest version."""
    rows = await db.fetch(_NEWEST, tenant=tenant_id, which=id)
    return _tariff(rows[0]) if rows else None


def _tariff(row: Row) -> Tariff:
    return tariff_of(row[0], row[1], msgspec.json.decode(row[2], type=TariffNew))


def tariff_of(id: str, version: int, said: TariffNew) -> Tariff:
    """The tariff in the words of the rules. Raises ValueError for a date that does not exist."""
    return Tariff(
        id=id,
        version=version,
        currency=said.currency,
        name=said.name,
        elements=tuple(_element(one) for one in said.elements),
        tax_percent=Decimal(said.tax_percent or 0),
        min_price=None if said.min_price is None else Decimal(said.min_price),
        max_price=None if said.max_price is None else Decimal(said.max_price),
        step_wh=said.step_wh,
    )


def _element(one: TariffElement) -> Element:
    return Element(
        per=one.per,
        price=Decimal(one.price),
        from_time=None if one.from_time is None else time.fromisoformat(one.from_time),
        to_time=None if one.to_time is None else time.fromisoformat(one.to_time),
        days=tuple(one.days or ()),
        from_date=None if one.from_date is None else date.fromisoformat(one.from_date),
        to_date=None if one.to_date is None else date.fromisoformat(one.to_date),
        min_power_w=one.min_power_w,
    )


async def zone_of(db: Db, station_id: int) -> str:
    """The time zone of the station's site; UTC where it has none."""
    rows = await db.fetch(_ZONE, station=station_id)
    return str(rows[0][0]) if rows else UTC


async def find_charge(db: Db, transaction: int) -> Charge | None:
    """What a transaction is charged by; None when it has no tariff."""
    rows = await db.fetch(_CHARGE, which=transaction)
    if not rows:
        return None
    names = (*(column.name for column in charges.columns), "switched")
    row: dict[str, Any] = dict(zip(names, rows[0], strict=True))
    tariff = await version_of(db, row["tenant_id"], row["tariff_id"], row["tariff_version"])
    assert tariff is not None, "a version of a tariff is never deleted"
    kept = {name: row[name] for name in ("transaction", "tenant_id", "station_id", "time_zone", "total")}
    marks = {name: row[name] for name in ("bill_version", "due")}
    return Charge(**kept, **marks, tariff=tariff, tally=_tally.decode(row["tally"]), switched=bool(row["switched"]))


def new(charge: Charge) -> Changed:
    """Store the charge of a transaction that begins, or that gets another tariff with its token."""
    return _NEW, {
        "transaction": charge.transaction,
        "tenant_id": charge.tenant_id,
        "station_id": charge.station_id,
        "tariff_id": charge.tariff.id,
        "tariff_version": charge.tariff.version,
        "time_zone": charge.time_zone,
        "currency": charge.tariff.currency,
        "total": charge.total,
        "tally": _encode(charge.tally).decode(),
        "bill_version": 0,
        "due": 0,
    }


def running(charge: Charge) -> Changed:
    """Store how far the running cost is."""
    tally = _encode(charge.tally).decode()
    return _RUNNING, {"which": charge.transaction, "total": charge.total, "tally": tally}


def mark_due(transaction: int) -> Changed:
    """Something came after the end: the bill is to be made anew."""
    return _MARK_DUE, {"which": transaction}


def billed(charge: Charge, total: str) -> Changed:
    """Note that the next version of the bill is made; as `fetch` it says whether nobody else was faster."""
    return _BILLED, {
        "which": charge.transaction,
        "due_was": charge.due,
        "version_was": charge.bill_version,
        "total": total,
        "number": charge.bill_version + 1,
    }


def bill_row(charge: Charge, *, at: int, ended_at: int, reason: str, body: str) -> Changed:
    """The next version of a bill, for good; `body` is shapes.tariff.Bill as JSON."""
    return _BILL, {
        "transaction": charge.transaction,
        "version": charge.bill_version + 1,
        "tenant_id": charge.tenant_id,
        "at": at,
        "ended_at": ended_at,
        "reason": reason,
        "body": body,
    }


async def due(db: Db) -> list[int]:
    """Transactions whose bill is to be made (anew); some of them."""
    found = [row[0] for row in await db.fetch_many(_SOME_DUE)]
    return found or [row[0] for row in await db.fetch_many(_ENDED_UNBILLED)]


async def frames_of(db: Db, transaction: int) -> list[tuple[str, str]]:
    """(action, frame) of every message of a transaction, by time."""
    return [(row[0], row[1]) for row in await db.fetch_many(_FRAMES, which=transaction)]


async def for_bill(db: Db, transaction: int) -> Billed | None:
    """All that a bill is made from; the charge is read first, so that what comes later makes it due again."""
    charge = await find_charge(db, transaction)
    rows = await db.fetch(_TRANSACTION, which=transaction)
    if charge is None or not rows:
        return None
    one = _transaction.decode(rows[0][0])
    return Billed(rows[0][1], one, charge, await frames_of(db, transaction), await reserved_at(db, one))
