"""What reservations cost that nobody used, as it is kept."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, insert, or_, select

from ohmstead.domain.tariffs import Tariff
from ohmstead.domain.tokens import key
from ohmstead.shapes.reservation import ReservationBill
from ohmstead.shapes.tariff import TariffNew
from ohmstead.store.db import Db, Tx
from ohmstead.store.reservations import Reservation
from ohmstead.store.statement import Statement
from ohmstead.store.tables import reservation_bills, tariffs, tokens
from ohmstead.store.tariffs import tariff_of

_b, _t = reservation_bills.c, tariffs.c
_NEWEST = Statement(
    select(_b.body, _b.group_key).where(_b.reservation == bindparam("which")).order_by(_b.version.desc()).limit(1)
)
_ADD = Statement(insert(reservation_bills).values({one.name: bindparam(one.name) for one in reservation_bills.columns}))
_of_token = select(tokens.c.tariff_id).where(
    tokens.c.tenant_id == bindparam("tenant"), tokens.c.token_key == bindparam("token_key")
)
_THEN = Statement(
    select(_t.id, _t.version, _t.body)
    .where(
        _t.tenant_id == bindparam("tenant"),
        _t.created_at <= bindparam("at"),
        or_(_t.until.is_(None), _t.until > bindparam("at")),
        or_(_t.is_default == 1, _t.id.in_(_of_token)),
    )
    .order_by(_t.is_default)
    .limit(1)
)
_encode = msgspec.json.Encoder().encode


async def newest(db: Db, reservation: int) -> tuple[ReservationBill, str | None] | None:
    """The bill that counts, and the group (folded) that is to pay it; None: there is none."""
    rows = await db.fetch(_NEWEST, which=reservation)
    return (msgspec.json.decode(rows[0][0], type=ReservationBill), rows[0][1]) if rows else None


async def tariff_then(db: Db, one: Reservation) -> Tariff | None:
    """The tariff of a reservation's token, else the default one, in the version of the moment it was reserved."""
    rows = await db.fetch(_THEN, tenant=one.tenant_id, token_key=key(one.token), at=one.created_at)
    return tariff_of(rows[0][0], rows[0][1], msgspec.json.decode(rows[0][2], type=TariffNew)) if rows else None


async def add(tx: Tx, one: Reservation, made: ReservationBill, group_key: str | None, at: int, ended_at: int) -> None:
    """The next version of a bill, for good."""
    await tx.execute(
        _ADD, reservation=one.id, version=made.version, tenant_id=one.tenant_id, station_id=one.station_id, at=at,
        ended_at=ended_at, group_key=group_key, body=_encode(made).decode(),
    )  # fmt: skip
