"""People who use the console: their role, their sites, and only a slow hash of their password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.runtime import to_datetime
from ohmstead.shapes.access import User
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources import versioned
from ohmstead.store.resources.listing import Cursor, Found, Listing, named
from ohmstead.store.statement import Statement
from ohmstead.store.tables import users

_c = users.c
_all = select(users)
_LIST = Listing(_all, tenant=_c.tenant_id, site=None, orders={"name": (_c.name_key, _c.id)}, filters={})
_BY_NAME = Statement(_all.where(_c.tenant_id == bindparam("tenant"), _c.name_key == bindparam("which")))
_BY_ID = Statement(_all.where(_c.tenant_id == bindparam("tenant"), _c.id == bindparam("which")))
_ADD = Statement(
    insert(users)
    .values({column.name: bindparam(column.name) for column in users.columns if column.name != "version"})
    .on_conflict_do_nothing(index_elements=["tenant_id", "name_key"])
    .returning(_c.id)
)
_REMOVE = Statement(
    delete(users).where(_c.tenant_id == bindparam("tenant"), _c.id == bindparam("which")).returning(_c.id)
)


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None) -> Found:
    return await _LIST.page(db, tenant_id, None, order="name", limit=limit, cursor=cursor)


async def by_name(db: Db, tenant_id: int, name: str) -> dict[str, Any] | None:
    """The row of the user with this name, in whatever case it is written."""
    rows = named(_all, await db.fetch(_BY_NAME, tenant=tenant_id, which=name.casefold()))
    return rows[0] if rows else None


async def find(db: Db, tenant_id: int, id: str) -> dict[str, Any] | None:
    rows = named(_all, await db.fetch(_BY_ID, tenant=tenant_id, which=id))
    return rows[0] if rows else None


async def add(
    tx: Tx,
    tenant_id: int,
    id: str,
    *,
    name: str,
    password_hash: str,
    role: str,
    sites: list[int] | None,
    now: int,
    issuer: str | None = None,
    subject: str | None = None,
) -> bool:
    """False when the name is taken. An empty hash is that of no password."""
    row = {"id": id, "tenant_id": tenant_id, "name": name, "name_key": name.casefold(), "role": role}
    row |= {"password_hash": password_hash, "site_ids": None if sites is None else encode(sites), "created_at": now}
    row |= {"issuer": issuer, "subject": subject}
    return bool(await tx.fetch(_ADD, **row))


async def change(tx: Tx, tenant_id: int, id: str, version: int, values: Mapping[str, Any]) -> bool:
    """Set columns of a user that is still at `version`."""
    return await versioned.change(tx, users, tenant_id, id, version, values)


async def remove(tx: Tx, tenant_id: int, id: str) -> bool:
    """Whether there was such a user."""
    return bool(await tx.fetch(_REMOVE, tenant=tenant_id, which=id))


def sites_of(row: Mapping[str, Any]) -> tuple[int, ...] | None:
    return None if row["site_ids"] is None else tuple(msgspec.json.decode(row["site_ids"], type=list[int]))


def shown(row: Mapping[str, Any]) -> User:
    """The user as the API shows it."""
    sites = sites_of(row)
    return User(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        site_ids=None if sites is None else [str(site) for site in sites],
        created_at=to_datetime(row["created_at"]),
        issuer=row.get("issuer"),
    )
