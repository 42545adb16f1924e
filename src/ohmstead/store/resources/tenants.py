"""Tenants by their names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.store.db import Db, Tx
from ohmstead.store.statement import Statement
from ohmstead.store.tables import tenants

_ALL = Statement(select(tenants.c.id, tenants.c.name).order_by(tenants.c.id))
_ADD = Statement(
    insert(tenants)
    .values(id=bindparam("number"), name=bindparam("called"))
    .on_conflict_do_nothing(index_elements=["name"])
    .returning(tenants.c.id)
)


async def every(db: Db) -> list[tuple[int, str]]:
    """Number and name of each, the oldest first; there are few."""
    return [(int(row[0]), str(row[1])) for row in await db.fetch(_ALL)]


async def add(tx: Tx, number: int, name: str) -> bool:
    """False when the name is taken."""
    found: list[Any] = list(await tx.fetch(_ADD, number=number, called=name))
    return bool(found)
