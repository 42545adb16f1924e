"""Browsers that are signed in, and links that may sign one in: only hashes of their secrets are kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from ohmstead.store.db import Db, Tx
from ohmstead.store.resources.listing import named
from ohmstead.store.statement import Statement
from ohmstead.store.tables import sign_ins, users

_c = sign_ins.c
_all = select(sign_ins)
_FIND = Statement(
    _all.where(_c.hash == bindparam("digest"), _c.kind == bindparam("wanted"), _c.expires_at > bindparam("now"))
)
_ADD = Statement(insert(sign_ins).values({column.name: bindparam(column.name) for column in sign_ins.columns}))
_REMOVE = Statement(delete(sign_ins).where(_c.hash == bindparam("digest")).returning(_c.hash))
_REMOVE_OF_USER = Statement(delete(sign_ins).where(_c.user_id == bindparam("user")))
_REMOVE_OF_SUBJECT = Statement(
    delete(sign_ins).where(
        _c.user_id.in_(
            select(users.c.id).where(users.c.issuer == bindparam("provider"), users.c.subject == bindparam("person"))
        )
    )
)
_FORGET = Statement(delete(sign_ins).where(_c.expires_at <= bindparam("now")))


async def find(db: Db, digest: str, kind: str, now: int) -> dict[str, Any] | None:
    """The row with this hash, unless it has expired."""
    rows = named(_all, await db.fetch(_FIND, digest=digest, wanted=kind, now=now))
    return rows[0] if rows else None


async def add(
    tx: Tx,
    tenant_id: int,
    digest: str,
    kind: str,
    *,
    user_id: str | None,
    key_hash: str | None,
    now: int,
    expires_at: int,
) -> None:
    """One more of a user or of an API key; those that have expired are forgotten."""
    await tx.execute(_FORGET, now=now)
    row = {"hash": digest, "tenant_id": tenant_id, "kind": kind, "user_id": user_id, "key_hash": key_hash}
    await tx.execute(_ADD, **row, created_at=now, expires_at=expires_at)


async def remove(tx: Tx, digest: str) -> bool:
    """Whether it was there: of two who use one link at once, one only."""
    return bool(await tx.fetch(_REMOVE, digest=digest))


async def remove_of_user(tx: Tx, user_id: str) -> None:
    await tx.execute(_REMOVE_OF_USER, user=user_id)


async def remove_of_subject(tx: Tx, issuer: str, subject: str) -> None:
    """All of somebody whom an OpenID Connect provider speaks for, in whatever tenant."""
    await tx.execute(_REMOVE_OF_SUBJECT, provider=issuer, person=subject)
