"""Groups of sites as the API lists, shows, makes and changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.runtime import to_datetime
from ohmstead.shapes.site_group import SiteGroup
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources import versioned
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.statement import Statement
from ohmstead.store.tables import site_groups

_g = site_groups.c
_LIST = Listing(
    select(site_groups), tenant=_g.tenant_id, site=None, orders={"id": (_g.id,)},
    filters={"which": _g.id == bindparam("which")},
)  # fmt: skip
_ADD = Statement(
    insert(site_groups)
    .values({column.name: bindparam(column.name) for column in site_groups.columns if column.name != "version"})
    .on_conflict_do_nothing()
    .returning(_g.id)
)
_REMOVE = Statement(
    delete(site_groups)
    .where(_g.tenant_id == bindparam("tenant"), _g.id == bindparam("which"), _g.version == bindparam("version_was"))
    .returning(_g.id)
)
_ALL = Statement(select(_g.id, _g.name, _g.site_ids).where(_g.tenant_id == bindparam("tenant")).order_by(_g.id))
_numbers = msgspec.json.Decoder(list[int])


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None) -> Found:
    return await _LIST.page(db, tenant_id, None, order="id", limit=limit, cursor=cursor)


async def find(db: Db, tenant_id: int, id: str) -> dict[str, Any] | None:
    return await _LIST.find(db, tenant_id, None, id)


async def add(tx: Tx, tenant_id: int, id: int, name: str, members: Sequence[int], now: int) -> dict[str, Any] | None:
    """The new row; None: another group has this name."""
    row = {"id": id, "tenant_id": tenant_id, "name": name, "site_ids": encode(members), "created_at": now}
    return row if await tx.fetch(_ADD, **row) else None


async def change(tx: Tx, tenant_id: int, id: int, version: int, values: Mapping[str, Any]) -> bool:
    """Set columns of a group that is still at `version`."""
    return await versioned.change(tx, site_groups, tenant_id, id, version, values)


async def remove(tx: Tx, tenant_id: int, id: int, version: int) -> bool:
    return bool(await tx.fetch(_REMOVE, tenant=tenant_id, which=id, version_was=version))


async def named(tx: Db | Tx, tenant_id: int) -> dict[str, list[int]]:
    """Name -> sites, of all groups."""
    return {name: _numbers.decode(members) for _, name, members in await tx.fetch(_ALL, tenant=tenant_id)}


def members_of(row: Mapping[str, Any]) -> list[int]:
    return _numbers.decode(row["site_ids"])


def form(row: Mapping[str, Any]) -> SiteGroup:
    return SiteGroup(
        id=str(row["id"]),
        name=row["name"],
        site_ids=[str(one) for one in members_of(row)],
        created_at=to_datetime(row["created_at"]),
    )
