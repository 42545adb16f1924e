"""Payments and the secrets of QR codes, as blocks, jobs and the API read and write them."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import bindparam, delete, null, or_, select, update
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
        _p.station_id == bindparam("station"),
        _p.evse_id == bindparam("evse"),
        or_(_p.state == fixed("authorized"), _p.state == fixed("pending")),
    )
)
_ADD = Statement(_row)
_open = or_(_p.state == fixed("authorized"), _p.state == fixed("charging"), _p.state == fixed("pending"))
_pending = (_p.id == bindparam("which"), _p.state == fixed("pending"))
_RESERVED = Statement(
    update(payments)
    .where(*_pending)
    .values({name: bindparam(name) for name in ("reference", "reference_key", "state", "updated_at")})
    .returning(_p.id)
)
_DROP = Statement(delete(payments).where(*_pending))
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
_SECRET_FIELDS = ("secret", "validity_s", "length")
_secret = insert(web_payments).values(
    {name: bindparam(name) for name in ("station_id", "tenant_id", *_SECRET_FIELDS, "updated_at")}
)
_SECRET_PUT = Statement(
    _secret.on_conflict_do_update(
        index_elements=["station_id"],
        set_={f"next_{name}": _secret.excluded[name] for name in _SECRET_FIELDS}
        | {"updated_at": _secret.excluded.updated_at},
    )
)
_SECRET = Statement(
    select(_w.secret, _w.validity_s, _w.length, _w.next_secret, _w.next_validity_s, _w.next_length, _w.station_id)
    .join_from(web_payments, stations, stations.c.id == _w.station_id)
    .where(stations.c.tenant_id == bindparam("tenant"), stations.c.identity == bindparam("who"))
)
_TAKEN = Statement(
    update(web_payments)
    .where(_w.station_id == bindparam("station"), _w.next_secret == bindparam("sealed"))
    .values({name: _w[f"next_{name}"] for name in _SECRET_FIELDS} | {f"next_{name}": null() for name in _SECRET_FIELDS})
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
    """Whether somebody has paid at this EVSE, or is about to, and not begun yet."""
    return bool(await db.fetch(_ON_EVSE, station=station_id, evse=evse_id))


def put(one: Payment) -> Changed:
    """What to write so that it is as it is now."""
    return _PUT, {**_values(one)}


def new(one: Payment) -> Changed:
    """The row of a payment that must be new: another one of its reference is an error."""
    return _ADD, _values(one)


def reserved(one: Payment) -> Changed:
    """What a pending payment is when its money is reserved; as `fetch` it says whether it still was pending."""
    given = {name: getattr(one, name) for name in ("reference", "state", "updated_at")}
    return _RESERVED, {"which": one.id, "reference_key": key(one.reference), **given}


def drop(id: str) -> Changed:
    """Forget a pending payment: no money was reserved."""
    return _DROP, {"which": id}


def _values(one: Payment) -> dict[str, Any]:
    return {**{name: getattr(one, name) for name in FIELDS}, "reference_key": key(one.reference)}


async def due(db: Db, before: int) -> list[Due]:
    """Payments whose transaction has ended, and those of which nothing was heard since `before`; some of them."""
    rows = await db.fetch_many(_DUE, before=before)
    return [Due(_payment(row[: len(FIELDS)]), *row[len(FIELDS) :]) for row in rows]


def over(one: Payment) -> Changed:
    """End an open payment; as `fetch` it says whether it still was open."""
    return _SETTLED, {"which": one.id, **{name: getattr(one, name) for name in _SETTLING}}


class Secret(NamedTuple):
    """What the QR codes of a station are made by; `sealed` under the server key."""

    station_id: int
    sealed: str
    validity_s: int
    length: int


def secret_put(tenant_id: int, station_id: int, sealed: str, validity_s: int, length: int, now: int) -> Changed:
    """Keep a secret that the station is sent: it may refuse it, so the one before stays until this one is used."""
    return _SECRET_PUT, {
        "station_id": station_id, "tenant_id": tenant_id, "secret": sealed, "validity_s": validity_s, "length": length,
        "updated_at": now,
    }  # fmt: skip


async def secrets_by_identity(db: Db, tenant_id: int, identity: str) -> list[Secret]:
    """The secrets that the station's QR codes may be made by: the present one, and one that it was sent since."""
    rows = await db.fetch(_SECRET, tenant=tenant_id, who=identity)
    return [Secret(row[6], *row[n : n + 3]) for row in rows for n in (0, 3) if row[n] is not None]


def secret_taken(one: Secret) -> Changed:
    """The station makes its QR codes by this secret: the one before counts no more."""
    return _TAKEN, {"station": one.station_id, "sealed": one.sealed}


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
