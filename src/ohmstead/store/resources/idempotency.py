"""Answers to POSTs kept under their `Idempotency-Key` for a day, in the transaction that did what they tell of."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.store.db import Db, Tx
from ohmstead.store.statement import Statement
from ohmstead.store.tables import idempotency

KEPT_FOR = 24 * 3600 * 1_000_000
"""Microseconds."""

_own = (idempotency.c.tenant_id == bindparam("tenant"), idempotency.c.key == bindparam("which"))
_FIND = Statement(
    select(idempotency.c.fingerprint, idempotency.c.status, idempotency.c.headers, idempotency.c.body).where(
        *_own, idempotency.c.at >= bindparam("oldest")
    )
)
_new = insert(idempotency).values(
    tenant_id=bindparam("tenant"), key=bindparam("which"), fingerprint=bindparam("fingerprint"), at=bindparam("at")
)
_TAKE = Statement(
    _new.on_conflict_do_update(
        index_elements=["tenant_id", "key"],
        set_={"fingerprint": _new.excluded.fingerprint, "at": _new.excluded.at, "status": None, "body": None},
        where=idempotency.c.at < bindparam("oldest"),
    ).returning(idempotency.c.key)
)
_KEEP = Statement(
    update(idempotency)
    .where(*_own)
    .values(status=bindparam("code"), headers=bindparam("headings"), body=bindparam("content"))
)
_FORGET = Statement(delete(idempotency).where(idempotency.c.at < bindparam("oldest")))


class Kept(NamedTuple):
    """The first answer; `fingerprint` tells whether the request is the same."""

    fingerprint: str
    status: int | None
    headers: dict[str, str]
    body: str


async def find(db: Db, tenant_id: int, key: str, now: int) -> Kept | None:
    rows = await db.fetch(_FIND, tenant=tenant_id, which=key, oldest=now - KEPT_FOR)
    if not rows:
        return None
    fingerprint, status, headers, body = rows[0]
    return Kept(fingerprint, status, msgspec.json.decode(headers or "{}"), body or "")


async def take(tx: Tx, tenant_id: int, key: str, fingerprint: str, now: int) -> bool:
    """Whether this request is the first with its key; a twin on another node is waited for (its row is locked)."""
    arguments = {"tenant": tenant_id, "which": key, "fingerprint": fingerprint, "at": now, "oldest": now - KEPT_FOR}
    return bool(await tx.fetch(_TAKE, **arguments))


async def keep(tx: Tx, tenant_id: int, key: str, status: int, headers: dict[str, str], body: str) -> None:
    """Store the answer that a repeat gets."""
    arguments: dict[str, Any] = {"code": status, "headings": msgspec.json.encode(headers).decode(), "content": body}
    await tx.execute(_KEEP, tenant=tenant_id, which=key, **arguments)


async def forget_old(tx: Tx, now: int) -> None:
    """Drop what is older than a day."""
    await tx.execute(_FORGET, oldest=now - KEPT_FOR)
