"""What the processes of one Ohmstead keep together about ACME: a few texts by their names."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.store.db import Db, Tx
from ohmstead.store.statement import Statement
from ohmstead.store.tables import acme

ACCOUNT, CERTIFICATES, STANDING = "account", "certificates", "standing"
_a = acme.c
_GET = Statement(select(_a.value).where(_a.name == bindparam("which")))
_NEWER = Statement(
    select(_a.value, _a.updated_at).where(_a.name == bindparam("which"), _a.updated_at > bindparam("since"))
)
_put = insert(acme).values({one.name: bindparam(one.name) for one in acme.columns})
PUT = Statement(
    _put.on_conflict_do_update(
        index_elements=["name"], set_={"value": _put.excluded.value, "updated_at": _put.excluded.updated_at}
    )
)
_REMOVE = Statement(delete(acme).where(_a.name == bindparam("which")))


def challenge(token: str) -> str:
    """The name under which the answer to a challenge lies."""
    return f"challenge/{token}"


async def get(db: Db, name: str) -> str | None:
    rows = await db.fetch(_GET, which=name)
    return str(rows[0][0]) if rows else None


async def newer(db: Db, name: str, since: int) -> tuple[str, int] | None:
    """The text and when it was put, if that was after `since`; microseconds."""
    rows = await db.fetch(_NEWER, which=name, since=since)
    return (str(rows[0][0]), int(rows[0][1])) if rows else None


async def put(db: Db, name: str, value: str, now: int) -> None:
    async with db.transaction() as tx:
        await write(tx, name, value, now)


async def write(tx: Tx, name: str, value: str, now: int) -> None:
    await tx.execute(PUT, name=name, value=value, updated_at=now)


async def remove(db: Db, name: str) -> None:
    async with db.transaction() as tx:
        await tx.execute(_REMOVE, which=name)
