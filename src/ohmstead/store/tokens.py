"""Tokens as the blocks ask for them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import msgspec
from sqlalchemy import bindparam, func, select, update

from ohmstead.domain.tokens import Limits, Place, Token, key
from ohmstead.shapes.token import TokenType
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import tokens, transactions

_NAMES = (
    "token", "type", "status", "group_token", "expires_at", "cache_s", "site_ids", "evses", "limits", "credit_micro",
    "concurrent",
)  # fmt: skip
MICRO = 1_000_000
"""Credit is kept in millionths of the currency: an integer can be counted down by the database itself."""
TOKEN_COLUMNS = tuple(tokens.c[name] for name in _NAMES)
FIND = Statement(
    select(*TOKEN_COLUMNS).where(tokens.c.tenant_id == bindparam("tenant"), tokens.c.token_key == bindparam("key"))
)

CHARGING = Statement(
    select(func.count()).where(
        transactions.c.state == fixed("active"),
        transactions.c.tenant_id + 0 == bindparam("tenant"),
        func.lower(transactions.c.token).concat("") == bindparam("key"),
        transactions.c.id != bindparam("which"),
    )
)
"""By the index of active ones, which are few; `+ 0` and `concat` keep it from those of tenants and tokens, which know
all that ever were."""
SPENT = Statement(
    update(tokens)
    .where(
        tokens.c.tenant_id == bindparam("tenant"),
        tokens.c.token_key == bindparam("key"),
        tokens.c.credit_micro.is_not(None),
    )
    .values(credit_micro=tokens.c.credit_micro - bindparam("micro"))
)

INTERCHANGEABLE = frozenset({"ISO14443", "ISO15693", "Local", "Central"})
"""Types under which stations report the same card or the same remote start; the others mean what they say."""
UNKNOWN_TYPE: TokenType = "Central"
"""Of a token that an operator names and that nobody knows."""


async def find_token(db: Db, tenant_id: int, token: str, kind: str | None) -> Token | None:
    """The token as it was presented. 1.6 has no types (`kind` None); a type of 2.x is part of the token, but cards and
    central tokens are found under each other's."""
    found = [token_of(row) for row in await db.fetch(FIND, tenant=tenant_id, key=key(token))]
    exact = [one for one in found if one.type == kind]
    if exact:
        return exact[0]
    if kind is None:
        return found[0] if len(found) == 1 else next((one for one in found if one.type in INTERCHANGEABLE), None)
    if kind not in INTERCHANGEABLE:
        return None
    return next((one for one in found if one.type in INTERCHANGEABLE), None)


async def type_of_token(db: Db, tenant_id: int, token: str) -> TokenType:
    """What to call a token towards a station where nobody said it: as it is known here, so that the card that is held
    there later is the same one."""
    known = await find_token(db, tenant_id, token, None)
    return UNKNOWN_TYPE if known is None else cast("TokenType", known.type)


def token_of(row: Any) -> Token:
    """The token of a row of `TOKEN_COLUMNS`."""
    token, kind, status, group, expires_at, cache_s, site_ids, evses, limits, credit, concurrent = row
    return Token(
        token=token,
        type=kind,
        status=status,
        group=group,
        expires_at=expires_at,
        cache_s=cache_s,
        site_ids=None if site_ids is None else tuple(int(site) for site in msgspec.json.decode(site_ids)),
        evses=None if evses is None else msgspec.json.decode(evses, type=tuple[Place, ...]),
        limits=None if limits is None else msgspec.json.decode(limits, type=Limits),
        credit=None if credit is None else Decimal(credit) / MICRO,
        concurrent=concurrent,
    )


async def charging(db: Db, tenant_id: int, token: str, but: int) -> int:
    """In how many active transactions the token is, `but` for one."""
    return int((await db.fetch(CHARGING, tenant=tenant_id, key=key(token), which=but))[0][0])


def spent(tenant_id: int, token: str | None, amount: Decimal) -> list[Changed]:
    """Take this much, gross, from its credit, if it has any; a negative amount is given back."""
    if not token or not amount:
        return []
    return [(SPENT, {"tenant": tenant_id, "key": key(token), "micro": int(amount * MICRO)})]
