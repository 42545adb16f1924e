"""Tenants by name, and connections that a dead process left behind.

A gateway process has a lease of its own name, which it renews. Whose lease has ended is dead, or as good as dead: its
stations are said to be gone. If it lives after all it finds its lease gone, and says again who is connected.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select, update

from ohmstead.store import leases
from ohmstead.store.db import Db, Event, encode
from ohmstead.store.statement import Statement
from ohmstead.store.tables import leases as leases_table
from ohmstead.store.tables import stations, tenants

_SIGN = "node:"
SIGN_OF_LIFE = 20_000_000
"""Microseconds for which a gateway process counts as alive after it said so."""
GONE_CODE, GONE_REASON = 1006, "its gateway process ended without a word"

ALL_OFFLINE = Statement(
    update(stations)
    .where(stations.c.node == bindparam("gone"))
    .values(connected_since=None, node=None)
    .returning(stations.c.tenant_id, stations.c.identity)
)
_l = leases_table.c
_lapsed = (_l.name.startswith(_SIGN, autoescape=True), _l.until < bindparam("now"))
LAPSED = Statement(select(_l.name).where(*_lapsed))
BURIED = Statement(delete(leases_table).where(_l.name == bindparam("which"), *_lapsed).returning(_l.name))
TENANT = Statement(select(tenants.c.id).where(tenants.c.name == bindparam("called")))


async def find_tenant(db: Db, name: str) -> int | None:
    rows = await db.fetch(TENANT, called=name)
    return rows[0][0] if rows else None


async def forget_connections(db: Db, node: str) -> None:
    """After a start no station is connected to `node`, whatever its rows say since the last run."""
    async with db.transaction() as tx:
        await tx.execute(ALL_OFFLINE, gone=node)


async def show_life(db: Db, node: str, now: int) -> bool:
    """Say that this gateway process lives; False when nobody knew, because it is new or was taken for dead."""
    if await leases.renew(db, _SIGN + node, node, now + SIGN_OF_LIFE):
        return True
    await leases.take(db, _SIGN + node, node, now, now + SIGN_OF_LIFE)
    return False


async def leave(db: Db, node: str) -> None:
    """This gateway process ends in order: nobody shall look for it."""
    await leases.release(db, _SIGN + node, node)


async def bury_dead(db: Db, now: int) -> int:
    """Say of the stations of gateway processes that died that they are not connected; how many stations that were.

    Their commands on the wire are then given up (store/commands.py), the others wait until they come again."""
    lost = 0
    for (name,) in await db.fetch(LAPSED, now=now):
        async with db.transaction() as tx:
            if not await tx.fetch(BURIED, which=name, now=now):
                continue  # it lives after all, or a twin was faster
            for tenant_id, identity in await tx.fetch(ALL_OFFLINE, gone=name.removeprefix(_SIGN)):
                data = encode({"id": identity, "code": GONE_CODE, "reason": GONE_REASON})
                tx.emit(Event(tenant_id, "ohmstead.station.disconnected", identity, now, data))
                lost += 1
    return lost
