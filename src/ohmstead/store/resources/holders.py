"""Holders, and the statements made for them from sealed records and bills."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, update

from ohmstead.domain.tokens import key
from ohmstead.runtime import to_datetime
from ohmstead.shapes.holder import Holder
from ohmstead.shapes.reservation import ReservationBill
from ohmstead.store.db import Db, Tx
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import bills, holders, records, reservation_bills, stations, tokens, transactions

_fee = msgspec.json.Decoder(ReservationBill).decode
_h, _r, _b, _t = holders.c, records.c, bills.c, transactions.c
_LIST = Listing(
    select(holders),
    tenant=_h.tenant_id,
    site=None,
    orders={"id": (_h.id,)},
    filters={"which": _h.id == bindparam("which")},
)
_ADD = Statement(insert(holders).values({column.name: bindparam(column.name) for column in holders.columns}))
_TAKEN = Statement(
    select(_h.id).where(
        _h.tenant_id == bindparam("tenant"), (_h.id == bindparam("which")) | (_h.group_key == bindparam("group_key"))
    )
)
_CHANGE = Statement(
    update(holders)
    .where(_h.tenant_id == bindparam("tenant"), _h.id == bindparam("which"), _h.version == bindparam("version_was"))
    .values({name: bindparam(name) for name in ("name", "unit", "time_zone")} | {"version": _h.version + 1})
    .returning(_h.id)
)
_REMOVE = Statement(
    delete(holders)
    .where(_h.tenant_id == bindparam("tenant"), _h.id == bindparam("which"), _h.version == bindparam("version_was"))
    .returning(_h.id)
)

_newer = records.alias("newer")
_last_record = (
    select(func.max(_newer.c.version))
    .where(_newer.c.transaction == _r.transaction, _newer.c.sealed_at <= bindparam("as_of"))
    .scalar_subquery()
)
_later = bills.alias("later")
_last_bill = (
    select(func.max(_later.c.version))
    .where(_later.c.transaction == _r.transaction, _later.c.at <= bindparam("as_of"))
    .scalar_subquery()
)
_LINES = Listing(
    select(
        _r.transaction,
        _r.version,
        _r.reason,
        _r.body,
        _r.ended_at,
        _b.body.label("bill"),
    ).select_from(
        records.join(stations, stations.c.id == _r.station_id).outerjoin(
            bills, (_b.transaction == _r.transaction) & (_b.version == _last_bill)
        )
    ),
    tenant=_r.tenant_id,
    site=stations.c.site_id,
    orders={"ended_at": (_r.ended_at, _r.transaction)},
    filters={
        "group_key": _r.group_key == bindparam("group_key"),
        "ended_from": _r.ended_at >= bindparam("ended_from"),
        "ended_before": _r.ended_at < bindparam("ended_before"),
        "as_of": _r.version == _last_record,
    },
)
_fb = reservation_bills.c
_later_fee = reservation_bills.alias("later_fee")
_last_fee = (
    select(func.max(_later_fee.c.version))
    .where(_later_fee.c.reservation == _fb.reservation, _later_fee.c.at <= bindparam("as_of"))
    .scalar_subquery()
)
_FEES = Listing(
    select(_fb.reservation, _fb.body, _fb.ended_at).select_from(
        reservation_bills.join(stations, stations.c.id == _fb.station_id)
    ),
    tenant=_fb.tenant_id,
    site=stations.c.site_id,
    orders={"ended_at": (_fb.ended_at, _fb.reservation)},
    filters={
        "group_key": _fb.group_key == bindparam("group_key"),
        "ended_from": _fb.ended_at >= bindparam("ended_from"),
        "ended_before": _fb.ended_at < bindparam("ended_before"),
        "as_of": _fb.version == _last_fee,
    },
)
_TOKENS = Statement(
    select(tokens.c.token_key)
    .distinct()
    .where(tokens.c.tenant_id == bindparam("tenant"), func.lower(tokens.c.group_token) == bindparam("group_key"))
)
OPEN = Listing(
    select(func.count().label("number")).select_from(transactions.join(stations, stations.c.id == _t.station_id)),
    tenant=_t.tenant_id,
    site=stations.c.site_id,
    orders={"all": ()},
    filters={
        "token": func.lower(_t.token) == bindparam("token"),
        "ended_from": _t.ended_at >= bindparam("ended_from"),
        "ended_before": _t.ended_at < bindparam("ended_before"),
        "over": (_t.state != fixed("active")) & (func.coalesce(_t.sealed, 0) < bindparam("over")),
    },
)


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None) -> Found:
    """Holders, by their ids."""
    return await _LIST.page(db, tenant_id, None, order="id", limit=limit, cursor=cursor)


async def find(db: Db, tenant_id: int, id: str) -> dict[str, Any] | None:
    found = await _LIST.page(db, tenant_id, None, order="id", limit=1, which=id)
    return found.rows[0] if found.rows else None


async def taken(tx: Tx, tenant_id: int, id: str, group: str) -> str | None:
    """The holder that already has this id or this group."""
    rows = await tx.fetch(_TAKEN, tenant=tenant_id, which=id, group_key=key(group))
    return rows[0][0] if rows else None


async def add(tx: Tx, row: Mapping[str, Any]) -> None:
    await tx.execute(_ADD, **row)


async def change(tx: Tx, tenant_id: int, row: Mapping[str, Any]) -> bool:
    """Store name, unit and time zone of `row`; False where its version is not the one that counts any more."""
    values = {name: row[name] for name in ("name", "unit", "time_zone")}
    return bool(await tx.fetch(_CHANGE, tenant=tenant_id, which=row["id"], version_was=row["version"], **values))


async def remove(tx: Tx, tenant_id: int, id: str, version: int) -> bool:
    return bool(await tx.fetch(_REMOVE, tenant=tenant_id, which=id, version_was=version))


async def lines(
    db: Db, tenant_id: int, sites: Sites, group_key: str, begin: int, end: int, as_of: int, *, limit: int
) -> list[dict[str, Any]]:
    """Records of a group that ended in [begin, end), each in the version that was the last one at `as_of`, with the
    bill that was the last one then; ordered by their end. Up to `limit` of them."""
    found = await _LINES.page(
        db, tenant_id, sites, order="ended_at", limit=limit,
        group_key=group_key, ended_from=begin, ended_before=end, as_of=as_of,
    )  # fmt: skip
    return found.rows


async def fees(
    db: Db, tenant_id: int, sites: Sites, group_key: str, begin: int, end: int, as_of: int, *, limit: int
) -> list[ReservationBill]:
    """Bills of a group for reservations that nobody used and that ended in [begin, end), each in the version that was
    the last one at `as_of`; ordered by their end. Up to `limit` of them."""
    found = await _FEES.page(
        db, tenant_id, sites, order="ended_at", limit=limit,
        group_key=group_key, ended_from=begin, ended_before=end, as_of=as_of,
    )  # fmt: skip
    return [_fee(row["body"]) for row in found.rows]


async def open_ones(db: Db, tenant_id: int, sites: Sites, group_key: str, begin: int, end: int) -> int:
    """How many transactions of a group ended in [begin, end) and are not sealed yet. Token by token: a join would look
    through all transactions of the tenant, for each holder."""
    number = 0
    for (token,) in await db.fetch(_TOKENS, tenant=tenant_id, group_key=group_key):
        found = await OPEN.page(
            db, tenant_id, sites, order="all", limit=1, token=token, ended_from=begin, ended_before=end, over=1
        )
        number += int(found.rows[0]["number"])
    return number


def form(row: Mapping[str, Any]) -> Holder:
    """The holder as the API shows it."""
    return Holder(
        id=row["id"],
        group=row["group_token"],
        name=row["name"],
        unit=row["unit"],
        time_zone=row["time_zone"],
        created_at=to_datetime(row["created_at"]),
    )
