"""API keys: random texts of which only a keyed hash is kept."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, or_, select, update

from ohmstead import runtime
from ohmstead.shapes.access import Key
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources.listing import Cursor, Found, Listing, named
from ohmstead.store.statement import Statement
from ohmstead.store.tables import keys

_shown = select(*(column for column in keys.columns if column.name != "hash"))
_LIST = Listing(
    _shown,
    tenant=keys.c.tenant_id,
    site=None,
    orders={"id": (keys.c.id,)},
    filters={"which": keys.c.id == bindparam("which")},
)
_BY_HASH = Statement(
    _shown.where(
        keys.c.hash == bindparam("digest"),
        keys.c.revoked_at.is_(None),
        or_(keys.c.expires_at.is_(None), keys.c.expires_at > bindparam("now")),
    )
)
_ADD = Statement(insert(keys).values({column.name: bindparam(column.name) for column in keys.columns}))
_REVOKE = Statement(
    update(keys)
    .where(keys.c.tenant_id == bindparam("tenant"), keys.c.id == bindparam("which"), keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
    .returning(keys.c.id)
)
_ANY = Statement(select(keys.c.id).where(keys.c.tenant_id == bindparam("tenant")).limit(1))
_KNOWN = Statement(select(keys.c.id).where(keys.c.tenant_id == bindparam("tenant"), keys.c.hash == bindparam("digest")))


async def are_there_any(db: Db, tenant_id: int) -> bool:
    return bool(await db.fetch(_ANY, tenant=tenant_id))


async def is_known(db: Db, tenant_id: int, digest: str) -> bool:
    """Whether there is or was a key with this hash."""
    return bool(await db.fetch(_KNOWN, tenant=tenant_id, digest=digest))


async def by_hash(db: Db, digest: str, now: int) -> dict[str, Any] | None:
    """The row of the key with this hash, unless it is revoked or has expired."""
    rows = named(_shown, await db.fetch(_BY_HASH, digest=digest, now=now))
    return rows[0] if rows else None


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None) -> Found:
    return await _LIST.page(db, tenant_id, None, order="id", limit=limit, cursor=cursor)


async def find(db: Db, tenant_id: int, id: str) -> dict[str, Any] | None:
    """The row of one key, revoked ones too."""
    found = await _LIST.page(db, tenant_id, None, order="id", limit=1, which=id)
    return found.rows[0] if found.rows else None


async def add(
    tx: Tx, tenant_id: int, id: str, digest: str, *, name: str, scopes: list[str], sites: list[int] | None, now: int,
    expires_at: int | None = None,
) -> None:  # fmt: skip
    """A new key; only its hash is stored."""
    texts = {"scopes": encode(scopes), "site_ids": None if sites is None else encode(sites)}
    times = {"created_at": now, "expires_at": expires_at, "revoked_at": None}
    await tx.execute(_ADD, id=id, tenant_id=tenant_id, name=name, hash=digest, **times, **texts)


async def revoke(tx: Tx, tenant_id: int, id: str, now: int) -> bool:
    """Whether there was such a key."""
    return bool(await tx.fetch(_REVOKE, tenant=tenant_id, which=id, now=now))


def shown(row: dict[str, Any]) -> Key:
    """The key as the API shows it."""
    return Key(
        id=row["id"],
        name=row["name"],
        scopes=msgspec.json.decode(row["scopes"]),
        site_ids=None if row["site_ids"] is None else [str(site) for site in msgspec.json.decode(row["site_ids"])],
        created_at=runtime.to_datetime(row["created_at"]),
        expires_at=None if row["expires_at"] is None else runtime.to_datetime(row["expires_at"]),
        revoked_at=None if row["revoked_at"] is None else runtime.to_datetime(row["revoked_at"]),
    )
