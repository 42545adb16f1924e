"""Stations that nobody announced, where `gateway.unknown_stations` is `pending`: they are registered as they first come
and wait for an operator, who accepts, rejects or archives them."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from ohmstead.store.db import Db
from ohmstead.store.resources import audit
from ohmstead.store.resources import stations as register
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import stations

MOST_WAITING = 1000
"""Stations of a tenant that may wait for an operator: whoever reaches the port can make one."""
WAITING = Statement(
    select(func.count())
    .select_from(stations)
    .where(
        stations.c.tenant_id == bindparam("tenant"),
        stations.c.registration == fixed("pending"),
        stations.c.archived_at.is_(None),
    )
)


async def add(
    db: Db, tenant_id: int, id: int, audit_id: int, identity: str, security_profile: int, password_hash: str, now: int
) -> bool:
    """Register a station as pending; False when too many wait already. One that another socket of it has registered in
    this moment stays as it is."""
    async with db.transaction() as tx:
        if (await tx.fetch(WAITING, tenant=tenant_id))[0][0] >= MOST_WAITING:
            return False
        made = await register.add(
            tx,
            tenant_id,
            id,
            now,
            identity=identity,
            registration="pending",
            security_profile=security_profile,
            password_hash=password_hash,
            certificate_cn="serial_number",
        )
        if made:
            detail = {"security_profile": security_profile}
            await audit.add(tx, tenant_id, audit_id, now, "gateway", "station.register", identity, detail)
    return True
