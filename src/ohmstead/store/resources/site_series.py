"""What sun and batteries of a site feed in, as the API shows and sets it."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.site_series import Series
from ohmstead.runtime import from_datetime, to_datetime
from ohmstead.shapes import site_series as shape
from ohmstead.shapes.energy import Phase
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.statement import Statement
from ohmstead.store.tables import site_series

NAMES: tuple[Phase, ...] = ("L1", "L2", "L3")
_s = site_series.c
_put = insert(site_series).values({column.name: bindparam(column.name) for column in site_series.columns})
_PUT = Statement(
    _put.on_conflict_do_update(
        index_elements=["site_id", "circuit_id", "kind"],
        set_={name: _put.excluded[name] for name in ("phases", "slots", "updated_at")},
    )
)
_OF_SITE = (_s.tenant_id == bindparam("tenant"), _s.site_id == bindparam("site"))
_LIST = Statement(
    select(_s.kind, _s.circuit_id, _s.phases, _s.slots, _s.updated_at)
    .where(*_OF_SITE)
    .order_by(_s.circuit_id, _s.kind.desc())
)
_OF_CIRCUIT = (*_OF_SITE, _s.circuit_id == bindparam("circuit"))
_REMOVE = Statement(delete(site_series).where(*_OF_CIRCUIT, _s.kind == bindparam("kind")).returning(_s.site_id))
_REMOVE_CIRCUIT = Statement(delete(site_series).where(*_OF_CIRCUIT))
_series = msgspec.json.Decoder(tuple[tuple[int, int, float], ...])


async def put(tx: Tx, tenant_id: int, site: int, circuit: int, kind: str, new: shape.SeriesPut, now: int) -> None:
    """Set a series, in the place of the one before."""
    slots = sorted((from_datetime(one.start), from_datetime(one.end), one.power_w) for one in new.slots)
    phases = sorted({NAMES.index(name) for name in new.phases or NAMES})
    await tx.execute(
        _PUT, site_id=site, circuit_id=circuit, kind=kind, tenant_id=tenant_id, phases=encode(phases),
        slots=encode(slots), updated_at=now,
    )  # fmt: skip


async def remove(tx: Tx, tenant_id: int, site: int, circuit: int, kind: str) -> bool:
    """Whether there was one."""
    return bool(await tx.fetch(_REMOVE, tenant=tenant_id, site=site, circuit=circuit, kind=kind))


async def remove_circuit(tx: Tx, tenant_id: int, site: int, circuit: int) -> None:
    """What was fed in at a circuit that goes."""
    await tx.execute(_REMOVE_CIRCUIT, tenant=tenant_id, site=site, circuit=circuit)


async def of_site(db: Db, tenant_id: int, site: int, now: int) -> list[shape.SiteSeries]:
    return [
        _form(Series(kind=kind, circuit=circuit, phases=msgspec.json.decode(phases, type=tuple[int, ...]),
                     slots=_series.decode(slots)), at, now)
        for kind, circuit, phases, slots, at in await db.fetch(_LIST, tenant=tenant_id, site=site)
    ]  # fmt: skip


def _form(one: Series, at: int, now: int) -> shape.SiteSeries:
    return shape.SiteSeries(
        kind=one.kind,
        circuit_id=str(one.circuit) if one.circuit else None,
        phases=[NAMES[phase] for phase in one.phases],
        now_w=one.now(now),
        slots=[
            shape.SeriesSlot(start=to_datetime(start), end=to_datetime(end), power_w=watts)
            for start, end, watts in one.slots
        ],
        updated_at=to_datetime(at),
    )
