"""Who does what until when: a lease has one owner, until it ends or is given back.

Lease times are compared across machines, so their clocks must agree within a few seconds.
"""

from __future__ import annotations

from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import leases

_lease = insert(leases).values(name=bindparam("name"), owner=bindparam("owner"), until=bindparam("until"))
TAKE = Statement(
    _lease.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": _lease.excluded.owner, "until": _lease.excluded.until},
        where=(leases.c.owner == bindparam("owner")) | (leases.c.until < bindparam("now")),
    ).returning(leases.c.owner)
)
RENEW = Statement(
    update(leases)
    .where(leases.c.name == bindparam("which"), leases.c.owner == bindparam("whose"))
    .values(until=bindparam("until"))
    .returning(leases.c.name)
)
RELEASE = Statement(leases.delete().where(leases.c.name == bindparam("which"), leases.c.owner == bindparam("whose")))


async def take(db: Db, name: str, owner: str, now: int, until: int) -> bool:
    """Whether this process is the one that does it until then."""
    async with db.transaction() as tx:
        rows = await tx.fetch(TAKE, name=name, owner=owner, until=until, now=now)
    return bool(rows) and rows[0][0] == owner


async def renew(db: Db, name: str, owner: str, until: int) -> bool:
    """Whether this process still had it; then it goes on until `until`."""
    async with db.transaction() as tx:
        return bool(await tx.fetch(RENEW, which=name, whose=owner, until=until))


async def release(db: Db, name: str, owner: str) -> None:
    async with db.transaction() as tx:
        await tx.execute(RELEASE, which=name, whose=owner)
