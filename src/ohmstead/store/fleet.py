"""Tenants by name, and connections that a dead process left behind."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations, tenants

ALL_OFFLINE = Statement(
    update(stations).where(stations.c.node == bindparam("gone")).values(connected_since=None, node=None)
)

TENANT = Statement(select(tenants.c.id).where(tenants.c.name == bindparam("called")))


async def find_tenant(db: Db, name: str) -> int | None:
    rows = await db.fetch(TENANT, called=name)
    return rows[0][0] if rows else None


async def forget_connections(db: Db, node: str) -> None:
    """After a start no station is connected to `node`, whatever its rows say since the last run."""
    async with db.transaction() as tx:
        await tx.execute(ALL_OFFLINE, gone=node)
