"""What the VEN (energy/openadr.py) remembers of the events of its VTN."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.openadr import Asked
from ohmstead.store import demand_events as engine
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.statement import Statement
from ohmstead.store.tables import demand_events, openadr_events

_o = openadr_events.c
_put = insert(openadr_events).values({one.name: bindparam(one.name) for one in openadr_events.columns})
_PUT = Statement(
    _put.on_conflict_do_update(
        index_elements=["tenant_id", "event_id"],
        set_={one.name: _put.excluded[one.name] for one in openadr_events.columns if not one.primary_key},
    )
)
_ALL = Statement(
    select(openadr_events).where(_o.tenant_id == bindparam("tenant"), _o.state == "known").order_by(_o.event_id)
)
_ONE = Statement(
    select(demand_events).where(
        demand_events.c.tenant_id == bindparam("tenant"), demand_events.c.id == bindparam("which")
    )
)
_columns = [str(one.name) for one in openadr_events.columns]


class Kept(Struct, frozen=True, kw_only=True):
    """Something asked and the event of ours that it became; None: it was over already."""

    asked: Asked
    id: int | None


class Known(Struct, frozen=True, kw_only=True):
    """An event of the VTN."""

    tenant_id: int
    event_id: str
    program_id: str
    modified: str
    state: str
    asked: list[Kept]
    notes: list[str]
    report: list[str]
    aggregate: bool
    report_state: str
    first_at: int


async def known(db: Db, tenant_id: int) -> dict[str, Known]:
    """Those that the VTN still showed the last time."""
    rows = [dict(zip(_columns, row, strict=True)) for row in await db.fetch_many(_ALL, tenant=tenant_id)]
    return {row["event_id"]: _read(row) for row in rows}


def _read(row: dict[str, Any]) -> Known:
    lists = {name: msgspec.json.decode(row[name]) for name in ("asked", "notes", "report")}
    return msgspec.convert({**row, **lists, "aggregate": row["aggregate"] == "yes"}, Known)


async def put(tx: Tx, one: Known) -> None:
    row = msgspec.structs.asdict(one)
    lists = {name: encode(row[name]) for name in ("asked", "notes", "report")}
    await tx.execute(_PUT, **{**row, **lists, "aggregate": "yes" if one.aggregate else "no"})


async def ours(db: Db, tenant_id: int, id: int) -> engine.Event | None:
    """The event of ours with this number."""
    rows = await db.fetch(_ONE, tenant=tenant_id, which=id)
    names = [column.name for column in demand_events.columns]
    return engine.event_of(dict(zip(names, rows[0], strict=True))) if rows else None
