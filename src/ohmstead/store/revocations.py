"""Revocations that an external CA must be told: a queue on disk, written in the transaction that revokes.

waiting -- told --> done
   |  '-- the CA does not take it --> refused
   '-- its protocol has no revocation --> unsupported
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, literal_column, null, select, update
from sqlalchemy.sql.elements import ColumnElement

from ohmstead.store.db import Db
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import certificates, external_revocations

EXTERNAL = ("est", "cfssl", "step_ca", "vault")
"""`issued_by` of CAs that are not ours."""
AT_ONCE = 50

_c, _r = certificates.c, external_revocations.c


def queue_where(*which: ColumnElement[bool]) -> Statement:
    """To be executed before these are revoked, with `at` (microseconds): those of external CAs are queued."""
    found = select(
        _c.id, _c.tenant_id, _c.issued_by, fixed("waiting"), literal_column("0"), bindparam("at"), null()
    ).where(*which, _c.issued_by.in_(EXTERNAL))
    names = ("certificate_id", "tenant_id", "issued_by", "state", "attempts", "due_at", "reason")
    return Statement(external_revocations.insert().from_select(names, found))


class Due(NamedTuple):
    """A revocation that its CA has not been told; `chain` is PEM, the certificate first."""

    id: int
    issued_by: str
    use: str
    serial_number: str
    chain: str | None
    why: str | None
    attempts: int


_DUE = Statement(
    select(_c.id, _r.issued_by, _c.use, _c.serial_number, _c.chain, _c.revocation_reason, _r.attempts)
    .select_from(external_revocations.join(certificates, _c.id == _r.certificate_id))
    .where(_r.state == fixed("waiting"), _r.due_at <= bindparam("at"))
    .order_by(_r.due_at)
    .limit(AT_ONCE)
)
_WRITE = Statement(
    update(external_revocations)
    .where(_r.certificate_id == bindparam("which"), _r.state == fixed("waiting"))
    .values(state=bindparam("becomes"), attempts=_r.attempts + 1, due_at=bindparam("at"), reason=bindparam("why"))
)


async def due(db: Db, now: int) -> list[Due]:
    """What CAs are to be told now, the oldest first."""
    return [Due(*row) for row in await db.fetch_many(_DUE, at=now)]


async def write(db: Db, one: Due, state: str, at: int, reason: str | None) -> None:
    """How it went; `at`: when, or when it is tried again."""
    async with db.transaction() as tx:
        await tx.execute(_WRITE, which=one.id, becomes=state, at=at, why=reason)
