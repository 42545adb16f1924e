"""Vehicles as the API lists, shows and makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from ohmstead.runtime import to_datetime
from ohmstead.shapes.needs import Vehicle, VehicleNew
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.statement import Statement
from ohmstead.store.tables import vehicles

_v = vehicles.c
LIST = Listing(
    select(vehicles), tenant=_v.tenant_id, site=None, orders={"id": (_v.id,)},
    filters={"which": _v.id == bindparam("which")},
)  # fmt: skip
_ADD = Statement(insert(vehicles).values({column.name: bindparam(column.name) for column in vehicles.columns}))
_REMOVE = Statement(
    delete(vehicles).where(_v.tenant_id == bindparam("tenant"), _v.id == bindparam("which")).returning(_v.id)
)


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None) -> Found:
    return await LIST.page(db, tenant_id, None, order="id", limit=limit, cursor=cursor)


async def find(db: Db, tenant_id: int, id: str) -> dict[str, Any] | None:
    return await LIST.find(db, tenant_id, None, id)


async def add(tx: Tx, tenant_id: int, id: int, new: VehicleNew, now: int) -> dict[str, Any]:
    row = {"id": id, "tenant_id": tenant_id, "name": new.name, "tokens": encode(new.tokens),
           "battery_wh": new.battery_wh, "created_at": now}  # fmt: skip
    await tx.execute(_ADD, **row)
    return row


async def remove(tx: Tx, tenant_id: int, id: int) -> bool:
    return bool(await tx.fetch(_REMOVE, tenant=tenant_id, which=id))


def form(row: Mapping[str, Any]) -> Vehicle:
    return Vehicle(
        id=str(row["id"]),
        name=row["name"],
        tokens=msgspec.json.decode(row["tokens"]),
        battery_wh=row["battery_wh"],
        created_at=to_datetime(row["created_at"]),
    )
