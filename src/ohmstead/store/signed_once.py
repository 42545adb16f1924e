"""Signed messages that may be handled only once: which came already, and what was answered."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.store.db import Db, Write
from ohmstead.store.statement import Statement
from ohmstead.store.tables import signed_once

_o = signed_once.c
FIND = Statement(
    select(_o.message_id, _o.answer).where(
        _o.tenant_id == bindparam("tenant"), _o.station_id == bindparam("station"), _o.digest == bindparam("digest")
    )
)
_row = insert(signed_once).values({column.name: bindparam(column.name) for column in signed_once.columns})
ADD = Statement(_row.on_conflict_do_nothing())


class Before(NamedTuple):
    """A message that came with this signature."""

    message_id: str
    answer: str
    """The payload; empty for a SEND, and for an answer to a call of ours."""


async def find(db: Db, tenant_id: int, station_id: int, digest: str) -> Before | None:
    """The message of this station that had this signature; None if none did."""
    rows = await db.fetch(FIND, tenant=tenant_id, station=station_id, digest=digest)
    return Before(*rows[0]) if rows else None


def add(write: Write, digest: str, message_id: str, answer: str, at: int) -> None:
    """Keep that it came, in the commit that handles it."""
    write.execute(
        ADD, tenant_id=write.tenant_id, station_id=write.station_id, digest=digest, message_id=message_id, at=at,
        answer=answer,
    )  # fmt: skip
