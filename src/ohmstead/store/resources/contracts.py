"""Contracts as the API lists, shows, makes and revokes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from ohmstead.domain import emaid as rules
from ohmstead.domain.tokens import key
from ohmstead.runtime import to_datetime
from ohmstead.shapes.contract import Contract, ContractState
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import contract_certificates, contracts, tokens

_c, _k = contracts.c, contract_certificates.c
_count = (
    select(func.count())
    .where(_k.tenant_id == _c.tenant_id, _k.emaid == _c.emaid)
    .correlate(contracts)
    .scalar_subquery()
    .label("certificates")
)
_LIST = Listing(
    select(contracts, _count),
    tenant=_c.tenant_id,
    site=None,
    orders={"emaid": (_c.emaid,)},
    filters={
        "which": _c.emaid == bindparam("which"),
        "pcid": _c.pcid == bindparam("pcid"),
        "state": _c.state == bindparam("state"),
    },
)
_NAMES = ("tenant_id", "emaid", "pcid", "token", "energy_transfer", "valid_until", "state", "created_at")
_ADD = Statement(insert(contracts).values({name: bindparam(name) for name in _NAMES}))
_token = upsert(tokens).values(
    {name: bindparam(name) for name in ("id", "tenant_id", "token", "token_key", "type", "status", "created_at")}
)
_ADD_TOKEN = Statement(_token.on_conflict_do_nothing(index_elements=["tenant_id", "token_key", "type"]))
_TOKEN = Statement(
    select(tokens.c.id)
    .where(tokens.c.tenant_id == bindparam("tenant"), tokens.c.token_key == bindparam("key"))
    .limit(1)
)
_REVOKE = Statement(
    update(contracts)
    .where(_c.tenant_id == bindparam("tenant"), _c.emaid == bindparam("which"), _c.state == fixed("active"))
    .values(state="revoked", revoked_at=bindparam("now"), version=_c.version + 1)
    .returning(_c.emaid)
)


_BLOCK = Statement(
    update(tokens)
    .where(tokens.c.tenant_id == bindparam("tenant"), tokens.c.token_key == bindparam("key"), tokens.c.type == "eMAID")
    .values(status="blocked", version=tokens.c.version + 1)
)


async def page(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    return await _LIST.page(db, tenant_id, None, order="emaid", limit=limit, cursor=cursor, **filters)


async def find(db: Db, tenant_id: int, emaid: str) -> dict[str, Any] | None:
    """The row of a contract; the eMAID in any form."""
    normal = rules.normal(emaid)
    if normal is None:
        return None
    found = await _LIST.page(db, tenant_id, None, order="emaid", limit=1, which=normal)
    return found.rows[0] if found.rows else None


async def is_token(db: Db, tenant_id: int, token: str) -> bool:
    return bool(await db.fetch(_TOKEN, tenant=tenant_id, key=key(token)))


async def add(tx: Tx, tenant_id: int, values: Mapping[str, Any], *, token_id: int | None, now: int) -> None:
    """A contract; with `token_id` also its token of type eMAID, unless there is one."""
    if token_id is not None:
        emaid = values["token"]
        await tx.execute(
            _ADD_TOKEN, id=token_id, tenant_id=tenant_id, token=emaid, token_key=key(emaid), type="eMAID",
            status="accepted", created_at=now,
        )  # fmt: skip
    transfer = values["energy_transfer"]
    given = dict(values) | {"energy_transfer": None if transfer is None else encode(transfer)}
    await tx.execute(_ADD, tenant_id=tenant_id, state="active", created_at=now, **given)


async def revoke(tx: Tx, tenant_id: int, emaid: str, now: int) -> bool:
    """Whether it was active until now. The token of the same name is blocked: it may not start anything either."""
    await tx.execute(_BLOCK, tenant=tenant_id, key=key(emaid))
    return bool(await tx.fetch(_REVOKE, tenant=tenant_id, which=emaid, now=now))


def form(row: Mapping[str, Any], now: int) -> Contract:
    """The contract as the API shows it."""
    over = row["valid_until"] is not None and row["valid_until"] <= now
    state: ContractState = "expired" if row["state"] == "active" and over else row["state"]
    return Contract(
        emaid=rules.shown(row["emaid"]),
        pcid=row["pcid"],
        token=row["token"],
        energy_transfer=None if row["energy_transfer"] is None else msgspec.json.decode(row["energy_transfer"]),
        valid_until=None if row["valid_until"] is None else to_datetime(row["valid_until"]),
        state=state,
        certificates=row["certificates"],
        issued_at=to_datetime(row["issued_at"]) if row["issued_at"] else None,
        created_at=to_datetime(row["created_at"]),
        revoked_at=None if row["revoked_at"] is None else to_datetime(row["revoked_at"]),
    )
