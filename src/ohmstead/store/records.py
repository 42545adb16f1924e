"""Sealed records: what a transaction came to when it was over. Versions are added, never changed.

The column `sealed` of a transaction says where it stands: nothing (not looked at since it last changed), 0 (something
is missing and is looked into), or the version of the record that tells what it is now.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import and_, bindparam, func, insert, select, update

from ohmstead.domain.tokens import key
from ohmstead.domain.transactions import Transaction
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Reader
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import records, stations, tokens, transactions

AT_ONCE = 20
"""Records of one database transaction: answers to stations wait for it on SQLite."""
_t, _r = transactions.c, records.c
_newest_version = select(func.max(_r.version)).where(_r.transaction == _t.id).correlate(transactions).scalar_subquery()
_UNSEALED = Statement(
    select(_t.tenant_id, stations.c.identity, _t.body, _r.version, _r.body, _r.group_key)
    .join_from(transactions, stations, stations.c.id == _t.station_id)
    .outerjoin(records, and_(_r.transaction == _t.id, _r.version == _newest_version))
    .where(_t.sealed.is_(None), _t.state != fixed("active"))
    .order_by(_t.id)
    .limit(AT_ONCE)
)
UNSEAL = Statement(update(transactions).where(_t.id == bindparam("which"), _t.sealed.is_not(None)).values(sealed=None))
"""It changed after its end: its record must be looked at again."""
_SEALED = Statement(
    update(transactions)
    .where(
        _t.id == bindparam("which"),
        _t.body == bindparam("was"),
        func.coalesce(_t.sealed, -1) < bindparam("version"),
    )
    .values(sealed=bindparam("version"))
    .returning(_t.id)
)
_NEWEST = Statement(
    select(_r.version, _r.body, _r.group_key)
    .where(_r.transaction == bindparam("which"))
    .order_by(_r.version.desc())
    .limit(1)
)
_ADD = Statement(insert(records).values({column.name: bindparam(column.name) for column in records.columns}))
_GROUP = Statement(
    select(tokens.c.group_token)
    .where(
        tokens.c.tenant_id == bindparam("tenant"),
        tokens.c.token_key == bindparam("key"),
        tokens.c.group_token.is_not(None),
    )
    .order_by(tokens.c.id)
    .limit(1)
)
_decode = msgspec.json.Decoder(Transaction).decode


class Sealed(NamedTuple):
    """A record: its version, its body, and the group (folded) that its token had when it was first sealed."""

    version: int
    body: str
    group_key: str | None


class Unsealed(NamedTuple):
    """A transaction that is over and was not looked at since; `body` is the text of its row, `before` the record that
    counts until now."""

    tenant_id: int
    identity: str
    transaction: Transaction
    body: str
    before: Sealed | None


async def unsealed(db: Db) -> list[Unsealed]:
    """Some of them, the oldest first."""
    rows = await db.fetch_many(_UNSEALED)
    return [
        Unsealed(tenant, identity, _decode(body), body, Sealed(*before) if before[0] is not None else None)
        for tenant, identity, body, *before in rows
    ]


async def newest(db: Reader, transaction: int) -> Sealed | None:
    """The record that counts now."""
    rows = await db.fetch(_NEWEST, which=transaction)
    return Sealed(*rows[0]) if rows else None


async def group_of(db: Reader, tenant_id: int, token: str | None) -> str | None:
    """The group that a token has now, in folded case; None where it has none."""
    rows = await db.fetch(_GROUP, tenant=tenant_id, key=key(token)) if token else []
    return key(rows[0][0]) if rows else None


def mark(transaction: int, was: str, version: int) -> Changed:
    """Say that it was looked at: a row comes back, and none where it changed meanwhile or somebody else sealed this
    version; then nothing is marked."""
    return _SEALED, {"which": transaction, "was": was, "version": version}


def added(tenant_id: int, one: Transaction, record: Sealed, reason: str, now: int) -> Changed:
    """This version sealed; its body is the public form."""
    return _ADD, {
        "transaction": one.id, "version": record.version, "tenant_id": tenant_id, "station_id": one.station_id,
        "sealed_at": now, "ended_at": one.ended_at, "reason": reason, "body": record.body,
        "group_key": record.group_key,
    }  # fmt: skip
