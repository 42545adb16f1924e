"""Procedures on disk."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.procedures import Kind, Procedure, State, Step
from ohmstead.ocpp.masking import masked
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row, encode
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import procedures

_c = procedures.c
COLUMNS = tuple(_c[name] for name in Procedure.__struct_fields__)
_open = or_(_c.state == fixed("asked"), _c.state == fixed("running"))
_of_kind = and_(_c.station_id == bindparam("station"), _c.kind == bindparam("kind"))
_newest = (_c.asked_at.desc(), _c.id.desc())
_NUMBERED = Statement(
    select(*COLUMNS).where(_of_kind, _c.request_id == bindparam("request")).order_by(*_newest).limit(1)
)
_OPEN = Statement(select(*COLUMNS).where(_of_kind, _open).order_by(*_newest))
_ONE = Statement(select(*COLUMNS).where(_c.id == bindparam("which")))
_row = insert(procedures).values({column.name: bindparam(column.name) for column in procedures.columns})
PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["id"],
        set_={
            name: _row.excluded[name] for name in ("state", "status", "reason", "asked", "told", "steps", "updated_at")
        },
    )
)
_MOVED = Statement(
    update(procedures)
    .where(_c.id == bindparam("which"), or_(_c.state == bindparam("was"), _c.state == bindparam("or_was")))
    .values({name: bindparam(name) for name in ("state", "status", "reason", "told", "updated_at")})
)
_QUIET = Statement(
    update(procedures)
    .where(_open, _c.updated_at < bindparam("before"))
    .values(state="failed", reason="nothing was heard of it any more", updated_at=bindparam("at"))
    .returning(_c.id)
)
_asked_of = msgspec.json.Decoder(dict[str, Any]).decode
_steps_of = msgspec.json.Decoder(tuple[Step, ...]).decode


def new_id(now: int) -> str:
    return f"prc_{now:x}{secrets.token_hex(4)}"


def procedure_of(row: Row) -> Procedure:
    """A row of COLUMNS."""
    fields = dict(zip(Procedure.__struct_fields__, row, strict=True))
    fields |= {"asked": _asked_of(fields["asked"]), "told": _asked_of(fields["told"])}
    return Procedure(**(fields | {"steps": _steps_of(fields["steps"])}))


async def find(db: Db, station_id: int, kind: Kind, request_id: int) -> Procedure | None:
    """The newest of that number: stations and people use numbers again."""
    rows = await db.fetch(_NUMBERED, station=station_id, kind=kind, request=request_id)
    return procedure_of(rows[0]) if rows else None


async def load_open(db: Db, station_id: int, kind: Kind) -> list[Procedure]:
    """Those that have not ended, the newest first."""
    return [procedure_of(row) for row in await db.fetch(_OPEN, station=station_id, kind=kind)]


async def load(db: Db, id: str) -> Procedure | None:
    rows = await db.fetch(_ONE, which=id)
    return procedure_of(rows[0]) if rows else None


def put(tenant_id: int, station_id: int, one: Procedure) -> Changed:
    """What to write so that it is as it is now; passwords in its URLs are masked."""
    row = {name: getattr(one, name) for name in Procedure.__struct_fields__}
    row |= {"asked": masked(encode(one.asked)), "told": encode(one.told), "steps": encode(one.steps)}
    return PUT, {"tenant_id": tenant_id, "station_id": station_id, **row}


def moved(one: Procedure, *was: State) -> Changed:
    """What to write so that it is in its state, if it still is in one of those: the station may have gone on."""
    fields = {name: getattr(one, name) for name in ("state", "status", "reason", "updated_at")}
    return _MOVED, {"which": one.id, "was": was[0], "or_was": was[-1], "told": encode(one.told), **fields}


async def end_quiet(db: Db, before: int, now: int) -> int:
    """End those of which nothing was heard since `before`; how many that were."""
    async with db.transaction() as tx:
        return len(await tx.fetch(_QUIET, before=before, at=now))


class Owned(NamedTuple):
    """A procedure, and whose it is."""

    tenant_id: int
    station_id: int
    procedure: Procedure


_OWNED = Statement(select(_c.tenant_id, _c.station_id, *COLUMNS).where(_c.id == bindparam("which")))


async def owned(db: Db, id: str) -> Owned | None:
    """The procedure of that id, of whatever tenant."""
    rows = await db.fetch(_OWNED, which=id)
    return Owned(rows[0][0], rows[0][1], procedure_of(rows[0][2:])) if rows else None
