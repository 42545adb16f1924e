"""What the publisher (outbound/publisher.py) reads and writes: whose events wait, and how far it has come.

The cursor moves after the target has acknowledged, so an event is published at least once whatever dies in between.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import and_, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import feed, publications, tenants

_p = publications.c
_cursor = func.coalesce(_p.cursor, 0)
_BEHIND = Statement(
    select(tenants.c.id, tenants.c.name, _cursor)
    .select_from(tenants.outerjoin(publications, and_(_p.tenant_id == tenants.c.id, _p.target == bindparam("which"))))
    .where(exists(select(feed.c.sequence).where(feed.c.tenant_id == tenants.c.id, feed.c.sequence > _cursor)))
    .order_by(tenants.c.id)
)
_put = insert(publications).values({one.name: bindparam(one.name) for one in publications.columns})
_PASS = Statement(
    _put.on_conflict_do_update(
        index_elements=["tenant_id", "target"],
        set_={"cursor": _put.excluded.cursor},
        where=_p.cursor < _put.excluded.cursor,
    )
)


class Behind(NamedTuple):
    """A tenant with events that the target does not have yet."""

    tenant_id: int
    name: str
    cursor: int


async def behind(db: Db, target: str) -> list[Behind]:
    return [Behind(*row) for row in await db.fetch(_BEHIND, which=target)]


async def passed(db: Db, target: str, tenant_id: int, cursor: int) -> None:
    """The target has every event of the tenant up to `cursor`; what it has it keeps, so this never goes back."""
    async with db.transaction() as tx:
        await tx.execute(_PASS, tenant_id=tenant_id, target=target, cursor=cursor)
