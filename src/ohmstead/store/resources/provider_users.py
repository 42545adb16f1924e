"""Users who sign in at an OpenID Connect provider: known by its address and their subject there, never by a name."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import bindparam, select, update

from ohmstead.store.db import Tx, encode
from ohmstead.store.resources import users
from ohmstead.store.resources.listing import named
from ohmstead.store.statement import Statement
from ohmstead.store.tables import users as table

_c = table.c
_all = select(table)
_FIND = Statement(
    _all.where(
        _c.tenant_id == bindparam("tenant"), _c.issuer == bindparam("provider"), _c.subject == bindparam("person")
    )
)
_CHANGE = Statement(
    update(table)
    .where(_c.tenant_id == bindparam("tenant"), _c.id == bindparam("which"))
    .values(role=bindparam("to_role"), site_ids=bindparam("to_sites"), version=_c.version + 1)
)


async def find(tx: Tx, tenant_id: int, issuer: str, subject: str) -> dict[str, Any] | None:
    rows = named(_all, await tx.fetch(_FIND, tenant=tenant_id, provider=issuer, person=subject))
    return rows[0] if rows else None


async def add(
    tx: Tx, tenant_id: int, issuer: str, subject: str, name: str, role: str, sites: list[int] | None, now: int
) -> dict[str, Any]:
    """The new row. A name that somebody has already gets a number: whoever had it keeps it, and what it may do."""
    for place in range(1, 1000):
        called = name if place == 1 else f"{name[:95]} {place}"
        fields: dict[str, Any] = {"name": called, "password_hash": "", "role": role}
        fields |= {"sites": sites, "now": now, "issuer": issuer, "subject": subject}
        if await users.add(tx, tenant_id, f"user_{secrets.token_hex(8)}", **fields):
            found = await find(tx, tenant_id, issuer, subject)
            assert found is not None
            return found
    raise ValueError(f"a thousand users are called {name!r}")


async def change(tx: Tx, row: dict[str, Any], role: str, sites: list[int] | None) -> dict[str, Any]:
    """The row with what the provider gives now."""
    wanted = {"role": role, "site_ids": None if sites is None else encode(sites)}
    if any(row[name] != value for name, value in wanted.items()):
        await tx.execute(_CHANGE, tenant=row["tenant_id"], which=row["id"], to_role=role, to_sites=wanted["site_ids"])
    return row | wanted
