"""Payments and the secrets of QR codes, as blocks, jobs and the API read and write them."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.tokens import key
from ohmstead.runtime import to_datetime
from ohmstead.shapes.payment import Payment as Shape
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import bills, charges, payments, stations, transactions, web_payments

AT_ONCE = 50
_p, _w = payments.c, web_payments.c


class Payment(Struct, frozen=True, kw_only=True):
    """One payment, a row of the table."""

    id: str
    tenant_id: int
    station_id: int
    evse_id: int | None = None
    provider: str
    reference: str
    state: str
    amount: str | None = None
    currency: str | None = None
    transaction: int | None = None
    settled_amount: str | None = None
    settled_at: int | None = None
    vat_number: str | None = None
    receipt_url: str | None = None
    reason: str | None = None
    created_at: int
    updated_at: int


FIELDS = Payment.__struct_fields__
_columns = tuple(_p[name] for name in FIELDS)
_row = insert(payments).values({column.name: bindparam(column.name) for column in payments.columns})
_SETTLING = ("state", "settled_amount", "settled_at", "receipt_url", "reason")
_CHANGING = (*_SETTLING, "transaction", "vat_number", "updated_at")
_PUT = Statement(
    _row.on_conflict_do_update(index_elements=["id"], set_={name: _row.excluded[name] for name in _CHANGING})
)
_FIND = Statement(
    select(*_columns).where(_p.station_id == bindparam("station"), _p.reference_key == bindparam("reference"))
)
_ON_EVSE = Statement(
    select(_p.id).where(
        _p.station_id == bindparam("station"), _p.evse_id == bindparam("evse"), _p.state == fixed("authorized")
    )
)
_ADD = Statement(_row)
_open = or_(_p.state == fixed("authorized"), _p.state == fixed("charging"))
_DUE = Statement(
    select(*_columns, stations.c.identity, transactions.c.state.label("charged"), bills.c.body)
    .join_from(payments, stations, stations.c.id == _p.station_id)
    .outerjoin(transactions, transactions.c.id == _p.transaction)
    .outerjoin(charges, charges.c.transaction == _p.transaction)
    .outerjoin(bills, (bills.c.transaction == charges.c.transaction) & (bills.c.version == charges.c.bill_version))
    .where(_open, or_(_p.updated_at < bindparam("before"), transactions.c.state != fixed("active")))
    .order_by(_p.updated_at)
    .limit(AT_ONCE)
)
_SETTLED = Statement(
    update(payments)
    .where(_p.id == bindparam("which"), _open)
    .values({name: bindparam(name) for name in _SETTLING})
    .returning(_p.id)
)
_secret = insert(web_payments).values({column.name: bindparam(column.name) for column in web_payments.columns})
_SECRET_PUT = Statement(
    _secret.on_conflict_do_update(
        index_elements=["station_id"],
        set_={name: _secret.excluded[name] for name in ("secret", "validity_s", "length", "updated_at")},
    )
)
_SECRET = Statement(
    select(_w.secret, _w.validity_s, _w.length)
    .join_from(web_payments, stations, stations.c.id == _w.station_id)
    .where(stations.c.tenant_id == bindparam("tenant"), stations.c.identity == bindparam("who"))
)
_LIST = Listing(
    select(*_columns, stations.c.identity).select_from(payments.join(stations, stations.c.id == _p.station_id)),
    tenant=_p.tenant_id,
    site=stations.c.site_id,
    orders={"created_at": (_p.created_at, _p.id)},
    filters={
        "which": _p.id == bindparam("which"),
        "station_id": stations.c.identity == bindparam("station_id"),
        "state": _p.state == bindparam("state"),
    },
)


class Due(NamedTuple):
    """A payment that may be over: the state of its transaction (None: it has none), and the newest bill of that."""

    payment: Payment
    identity: str
    charged: str | None
    bill: str | None


def _payment(row: Any) -> Payment:
    return Payment(**dict(zip(FIELDS, row, strict=True)))


async def find(db: Db, station_id: int, reference: str) -> Payment | None:
    """The payment of this reference at a station."""
    rows = await db.fetch(_FIND, station=station_id, reference=key(reference))
    return _payment(rows[0]) if rows else None


async def waits_at(db: Db, station_id: int, evse_id: int) -> bool:
    """Whether somebody has paid at this EVSE and not begun yet."""
    return bool(await db.fetch(_ON_EVSE, station=station_id, evse=evse_id))


def put(one: Payment) -> Changed:
    """What to write so that it is as it is now."""
    return _PUT, {**_values(one)}


def new(one: Payment) -> Changed:
    """The row of a payment that must be new: another one of its reference is an error."""
    return _ADD, _values(one)


def _values(one: Payment) -> dict[str, Any]:
    return {**{name: getattr(one, name) for name in FIELDS}, "reference_key": key(one.reference)}


async def due(db: Db, before: int) -> list[Due]:
    """Payments whose transaction has ended, and those of which nothing was heard since `before`; some of them."""
    rows = await db.fetch_many(_DUE, before=before)
    return [Due(_payment(row[: len(FIELDS)]), *row[len(FIELDS) :]) for row in rows]


def over(one: Payment) -> Changed:
    """End an open payment; as `fetch` it says whether it still was open."""
    return _SETTLED, {"which": one.id, **{name: getattr(one, name) for name in _SETTLING}}


def secret_put(tenant_id: int, station_id: int, sealed: str, validity_s: int, length: int, now: int) -> Changed:
    return _SECRET_PUT, {
        "station_id": station_id, "tenant_id": tenant_id, "secret": sealed, "validity_s": validity_s, "length": length,
        "updated_at": now,
    }  # fmt: skip


async def secret_by_identity(db: Db, tenant_id: int, identity: str) -> tuple[str, int, int] | None:
    """Sealed secret, seconds of validity, and length of the passwords in the station's QR codes."""
    rows = await db.fetch(_SECRET, tenant=tenant_id, who=identity)
    return (rows[0][0], rows[0][1], rows[0][2]) if rows else None


async def page(db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    """Newest first; filters: which, station_id, state."""
    return await _LIST.page(db, tenant_id, sites, order="-created_at", limit=limit, cursor=cursor, **filters)


def payment_of(row: dict[str, Any]) -> Payment:
    return Payment(**{name: row[name] for name in FIELDS})


def form(identity: str, one: Payment) -> Shape:
    """The payment as the API shows it and the feed carries it."""
    same = ("id", "evse_id", "provider", "reference", "amount", "currency", "settled_amount", "vat_number", "reason")
    return Shape(
        station_id=identity,
        state=one.state,  # type: ignore[arg-type]
        transaction_id=None if one.transaction is None else str(one.transaction),
        settled_at=None if one.settled_at is None else to_datetime(one.settled_at),
        receipt_url=one.receipt_url,
        created_at=to_datetime(one.created_at),
        **{name: getattr(one, name) for name in same},
    )
