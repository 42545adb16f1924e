"""Tokens as the API lists, shows, makes and changes them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.tokens import key
from ohmstead.runtime import from_datetime, to_datetime
from ohmstead.shapes.common import EvseReference, Limits
from ohmstead.shapes.token import Token, TokenChange, TokenNew
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources import versioned
from ohmstead.store.resources.listing import Cursor, Found, Listing, named
from ohmstead.store.statement import Statement
from ohmstead.store.tables import tokens
from ohmstead.store.tokens import MICRO

_c = tokens.c
_all = select(tokens)
LIST = Listing(
    _all,
    tenant=_c.tenant_id,
    site=None,
    orders={"token": (_c.token_key, _c.type)},
    filters={
        "type": _c.type == bindparam("type"),
        "status": _c.status == bindparam("status"),
        "group": func.lower(_c.group_token) == bindparam("group"),
        "limited": _c.site_ids.is_not(None),
        "q": _c.token_key.like(bindparam("q"), escape="\\"),
    },
)
_FIND = Statement(_all.where(_c.tenant_id == bindparam("tenant"), _c.token_key == bindparam("called")))
_ADD = Statement(
    insert(tokens)
    .values({column.name: bindparam(column.name) for column in tokens.columns if column.name != "version"})
    .on_conflict_do_nothing(index_elements=["tenant_id", "token_key", "type"])
    .returning(_c.id)
)
_REMOVE = Statement(
    delete(tokens)
    .where(_c.tenant_id == bindparam("tenant"), _c.id == bindparam("which"), _c.version == bindparam("version_was"))
    .returning(_c.id)
)


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    """One page, ordered by token; `q` is the beginning of tokens."""
    if filters.get("q") is not None:
        text = key(filters["q"]).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        filters["q"] = f"{text}%"
    if filters.get("group") is not None:
        filters["group"] = key(filters["group"])
    return await LIST.page(db, tenant_id, None, order="token", limit=limit, cursor=cursor, **filters)


async def find(db: Db, tenant_id: int, token: str, kind: str | None) -> list[dict[str, Any]]:
    """The rows of this token, compared without case: one per type, or that of type `kind`."""
    rows = named(_all, await db.fetch(_FIND, tenant=tenant_id, called=key(token)))
    return [row for row in rows if kind is None or row["type"] == kind]


async def add(tx: Tx, tenant_id: int, id: int, new: TokenNew, now: int) -> bool:
    """Whether it is new: a token and its type exist once."""
    row = {"id": id, "tenant_id": tenant_id, "token": new.token, "token_key": key(new.token), "type": new.type}
    return bool(await tx.fetch(_ADD, **row, created_at=now, **columns(new)))


async def change(tx: Tx, tenant_id: int, id: int, version: int, values: Mapping[str, Any]) -> bool:
    """Set columns of a token that is still at `version`."""
    return await versioned.change(tx, tokens, tenant_id, id, version, values)


async def remove(tx: Tx, tenant_id: int, id: int, version: int) -> bool:
    return bool(await tx.fetch(_REMOVE, tenant=tenant_id, which=id, version_was=version))


def columns(given: TokenNew | TokenChange) -> dict[str, Any]:
    """The columns for what was given; what is UNSET is left out."""
    values: dict[str, Any] = {
        "status": given.status,
        "group_token": given.group,
        "expires_at": given.expires_at,
        "holder": given.holder,
        "tariff_id": given.tariff_id,
        "limits": given.limits,
        "credit_micro": given.credit,
        "concurrent": given.concurrent,
        "cache_s": given.cache_s,
        "site_ids": given.site_ids,
        "evses": given.evses,
    }
    values = {name: value for name, value in values.items() if value is not UNSET}
    if values.get("expires_at") is not None:
        values["expires_at"] = from_datetime(values["expires_at"])
    if values.get("site_ids") is not None:
        values["site_ids"] = [int(site) for site in values["site_ids"]]
    if values.get("credit_micro") is not None:
        values["credit_micro"] = int(Decimal(values["credit_micro"]) * MICRO)
    for name in ("limits", "site_ids", "evses"):
        if values.get(name) is not None:
            values[name] = encode(values[name])
    return values


def form(row: Mapping[str, Any]) -> Token:
    """The token as the API shows it."""

    def json(name: str, kind: Any) -> Any:
        return None if row[name] is None else msgspec.json.decode(row[name], type=kind)

    sites = json("site_ids", list[int])
    return Token(
        token=row["token"],
        type=row["type"],
        status=row["status"],
        group=row["group_token"],
        expires_at=None if row["expires_at"] is None else to_datetime(row["expires_at"]),
        holder=row["holder"],
        tariff_id=row["tariff_id"],
        limits=json("limits", Limits),
        credit=None if row.get("credit_micro") is None else f"{Decimal(row['credit_micro']) / MICRO:.2f}",
        concurrent=row.get("concurrent"),
        cache_s=row["cache_s"],
        site_ids=None if sites is None else [str(site) for site in sites],
        evses=json("evses", list[EvseReference]),
        created_at=to_datetime(row["created_at"]),
    )
