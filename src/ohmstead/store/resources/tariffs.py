"""Tariffs and bills as the API lists, shows, makes and changes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from ohmstead.runtime import to_datetime
from ohmstead.shapes.tariff import Bill, Tariff, TariffNew
from ohmstead.store.db import Db, Tx
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.statement import Statement
from ohmstead.store.tables import bills, tariffs

_t, _b = tariffs.c, bills.c
_LIST = Listing(
    select(tariffs).where(_t.until.is_(None)),
    tenant=_t.tenant_id,
    site=None,
    orders={"id": (_t.id,)},
    filters={"which": _t.id == bindparam("which"), "is_default": _t.is_default == bindparam("is_default")},
)
_ADD = Statement(insert(tariffs).values({column.name: bindparam(column.name) for column in tariffs.columns}))
_END = Statement(
    update(tariffs)
    .where(
        _t.tenant_id == bindparam("tenant"), _t.id == bindparam("which"), _t.version == bindparam("version_was"),
        _t.until.is_(None),
    )
    .values(until=bindparam("now"))
    .returning(_t.id)
)  # fmt: skip
_DEFAULTS = Statement(
    select(_t.id, _t.version, _t.body).where(
        _t.tenant_id == bindparam("tenant"), _t.until.is_(None), _t.is_default == 1, _t.id != bindparam("which")
    )
)
_LAST = Statement(
    select(_t.version)
    .where(_t.tenant_id == bindparam("tenant"), _t.id == bindparam("which"))
    .order_by(_t.version.desc())
    .limit(1)
)
_BILLS = Listing(
    select(_b.transaction, _b.version, _b.body),
    tenant=_b.tenant_id,
    site=None,
    orders={"version": (_b.version,)},
    filters={"which": _b.transaction == bindparam("which"), "number": _b.version == bindparam("number")},
)


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None) -> Found:
    """Tariffs as they are now."""
    return await _LIST.page(db, tenant_id, None, order="id", limit=limit, cursor=cursor)


async def find(db: Db, tenant_id: int, id: str) -> dict[str, Any] | None:
    found = await _LIST.page(db, tenant_id, None, order="id", limit=1, which=id)
    return found.rows[0] if found.rows else None


async def last_version(tx: Tx, tenant_id: int, id: str) -> int:
    """The newest version this id ever had; 0 when it is free."""
    rows = await tx.fetch(_LAST, tenant=tenant_id, which=id)
    return int(rows[0][0]) if rows else 0


async def add(tx: Tx, tenant_id: int, id: str, version: int, said: TariffNew, now: int) -> None:
    """A version of a tariff. Where it is the default one, the one that was so before gets a version that is not."""
    if said.default:
        for other, number, body in await tx.fetch(_DEFAULTS, tenant=tenant_id, which=id):
            await end(tx, tenant_id, other, number, now)
            before = msgspec.structs.replace(msgspec.json.decode(body, type=TariffNew), default=False)
            await _put(tx, tenant_id, other, number + 1, before, now)
    await _put(tx, tenant_id, id, version, said, now)


async def _put(tx: Tx, tenant_id: int, id: str, version: int, said: TariffNew, now: int) -> None:
    body = msgspec.json.encode(msgspec.structs.replace(said, id=None)).decode()
    await tx.execute(
        _ADD, tenant_id=tenant_id, id=id, version=version, name=said.name, is_default=int(said.default), body=body,
        created_at=now, until=None,
    )  # fmt: skip


async def end(tx: Tx, tenant_id: int, id: str, version: int, now: int) -> bool:
    """Close a version, if it is the one that counts; what began with it is still charged by it."""
    return bool(await tx.fetch(_END, tenant=tenant_id, which=id, version_was=version, now=now))


async def bills_page(db: Db, tenant_id: int, transaction: int, *, limit: int, cursor: Cursor | None) -> Found:
    """The versions of a transaction's bill, newest first."""
    return await _BILLS.page(db, tenant_id, None, order="-version", limit=limit, cursor=cursor, which=transaction)


def form(row: Mapping[str, Any]) -> Tariff:
    """The tariff as the API shows it."""
    said = msgspec.json.decode(row["body"], type=TariffNew)
    return Tariff(
        id=row["id"],
        version=row["version"],
        currency=said.currency,
        name=said.name,
        default=said.default,
        tax_percent=said.tax_percent or "0",
        elements=said.elements,
        min_price=said.min_price,
        max_price=said.max_price,
        step_wh=said.step_wh,
        created_at=to_datetime(row["created_at"]),
    )


def bill_form(row: Mapping[str, Any]) -> Bill:
    return msgspec.json.decode(row["body"], type=Bill)
