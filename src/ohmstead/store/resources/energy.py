"""Circuits, limits, loads and samples of sites as the API shows, makes and changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from ohmstead.domain.profiles import VOLTAGE
from ohmstead.runtime import from_datetime, to_datetime
from ohmstead.shapes import energy as shape
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources.listing import Cursor, Found, Listing
from ohmstead.store.statement import Statement
from ohmstead.store.tables import circuits, site_limits, site_loads, site_samples

_c, _l, _o, _s = circuits.c, site_limits.c, site_loads.c, site_samples.c
SITE: Any = bindparam("site")
CIRCUITS = Listing(
    select(circuits), tenant=_c.tenant_id, site=None, orders={"id": (_c.id,)},
    filters={"site_id": _c.site_id == bindparam("site_id"), "which": _c.id == bindparam("which")},
)  # fmt: skip
LIMITS = Listing(
    select(site_limits), tenant=_l.tenant_id, site=None, orders={"id": (_l.id,)},
    filters={"site_id": _l.site_id == bindparam("site_id"), "which": _l.id == bindparam("which")},
)  # fmt: skip
SAMPLES = Listing(
    select(site_samples), tenant=_s.tenant_id, site=None, orders={"at": (_s.at,)},
    filters={"site_id": _s.site_id == bindparam("site_id"), "since": _s.at >= bindparam("since"),
             "before": _s.at < bindparam("before")},
)  # fmt: skip
_ADD_CIRCUIT = Statement(
    insert(circuits).values(
        {column.name: bindparam(column.name) for column in circuits.columns if column.name != "version"}
    )
)
_OF_CIRCUIT = (_c.tenant_id == bindparam("tenant"), _c.site_id == SITE, _c.id == bindparam("which"))
_REMOVE_CIRCUIT = Statement(delete(circuits).where(*_OF_CIRCUIT).returning(_c.id))
_BELOW = Statement(select(_c.id).where(_c.tenant_id == bindparam("tenant"), _c.parent_id == bindparam("which")))
_ADD_LIMIT = Statement(
    insert(site_limits).values({column.name: bindparam(column.name) for column in site_limits.columns})
)
_OF_SITE = (_l.tenant_id == bindparam("tenant"), _l.site_id == SITE)
_REMOVE_LIMIT = Statement(delete(site_limits).where(*_OF_SITE, _l.id == bindparam("which")).returning(_l.id))
_REMOVE_PUT = Statement(delete(site_limits).where(*_OF_SITE, _l.kind == "put").returning(_l.id))
_load = upsert(site_loads).values({column.name: bindparam(column.name) for column in site_loads.columns})
_PUT_LOAD = Statement(
    _load.on_conflict_do_update(
        index_elements=["site_id", "circuit_id"],
        set_={name: _load.excluded[name] for name in ("load_a", "at")},
        where=_load.excluded.at >= _o.at,
    )
)
_LOADS = Statement(
    select(_o.circuit_id, _o.load_a, _o.at).where(_o.tenant_id == bindparam("tenant"), _o.site_id == SITE)
    .order_by(_o.circuit_id)
)  # fmt: skip
_evses = msgspec.json.Decoder(list[shape.CircuitEvse])


async def circuit_page(db: Db, tenant_id: int, site: int, limit: int, cursor: Cursor | None) -> Found:
    return await CIRCUITS.page(db, tenant_id, None, order="id", limit=limit, cursor=cursor, site_id=site)


async def find_circuit(db: Db, tenant_id: int, site: int, id: str) -> dict[str, Any] | None:
    return await CIRCUITS.find(db, tenant_id, None, id, site_id=site)


async def add_circuit(tx: Tx, tenant_id: int, site: int, id: int, new: shape.CircuitNew, now: int) -> dict[str, Any]:
    row = {"id": id, "tenant_id": tenant_id, "site_id": site, "created_at": now, **circuit_columns(new)}
    await tx.execute(_ADD_CIRCUIT, **row)
    return row


async def change_circuit(tx: Tx, tenant_id: int, site: int, id: int, version: int, values: Mapping[str, Any]) -> bool:
    """Set columns of a circuit that is still at `version`."""
    given = {f"to_{name}": value for name, value in values.items()}
    statement = _update(tuple(sorted(values)))
    return bool(await tx.fetch(statement, tenant=tenant_id, site=site, which=id, version_was=version, **given))


@cache
def _update(names: tuple[str, ...]) -> Statement:
    return Statement(
        update(circuits)
        .where(*_OF_CIRCUIT, _c.version == bindparam("version_was"))
        .values({name: bindparam(f"to_{name}") for name in names} | {"version": _c.version + 1})
        .returning(_c.id)
    )


async def has_below(tx: Tx, tenant_id: int, id: int) -> bool:
    return bool(await tx.fetch(_BELOW, tenant=tenant_id, which=id))


async def remove_circuit(tx: Tx, tenant_id: int, site: int, id: int) -> bool:
    return bool(await tx.fetch(_REMOVE_CIRCUIT, tenant=tenant_id, site=site, which=id))


def circuit_columns(given: shape.CircuitNew | shape.CircuitChange) -> dict[str, Any]:
    names = ("name", "parent_id", "evses", "unmanaged_load_w")
    values = {name: value for name in names if (value := getattr(given, name)) is not UNSET}
    values |= _limit_columns(given.limit_a, given.limit_w)
    if "evses" in values:
        values["evses"] = encode(values["evses"])
    if values.get("parent_id") is not None:
        values["parent_id"] = int(values["parent_id"])
    return values


def _limit_columns(amps: Any, watts: Any) -> dict[str, Any]:
    """A fuse as it is kept: A per phase always, W where all phases together have a limit of their own. Given in W
    alone, each phase may carry all of it."""
    per_phase = _three(amps)
    if isinstance(watts, list):
        of_watts = [one / VOLTAGE for one in watts]
        per_phase = of_watts if per_phase is None else list(map(min, per_phase, of_watts))
    elif isinstance(watts, float | int) and per_phase is None:
        per_phase = [watts / VOLTAGE] * 3
    found: dict[str, Any] = {} if per_phase is None else {"limit_a": encode(per_phase)}
    if watts is not UNSET:
        found["limit_w"] = None if isinstance(watts, list) else watts
    return found


def _three(amps: Any) -> list[float] | None:
    if amps is None or amps is UNSET:
        return None
    return amps if isinstance(amps, list) else [amps] * 3


def circuit_form(row: Mapping[str, Any]) -> shape.Circuit:
    return shape.Circuit(
        id=str(row["id"]),
        site_id=str(row["site_id"]),
        name=row["name"],
        parent_id=None if row["parent_id"] is None else str(row["parent_id"]),
        limit_a=msgspec.json.decode(row["limit_a"]),
        limit_w=row["limit_w"],
        evses=_evses.decode(row["evses"]),
        unmanaged_load_w=row["unmanaged_load_w"],
    )


# ---------------------------------------------------------------------- limits


async def limit_page(db: Db, tenant_id: int, site: int, limit: int, cursor: Cursor | None) -> Found:
    return await LIMITS.page(db, tenant_id, None, order="id", limit=limit, cursor=cursor, site_id=site)


async def add_limit(
    tx: Tx, tenant_id: int, site: int, id: int, kind: str, new: shape.LimitNew, now: int
) -> dict[str, Any]:  # fmt: skip
    amps = _three(new.limit_a)
    row = {
        "id": id, "tenant_id": tenant_id, "site_id": site, "kind": kind,
        "limit_w": sum(amps) * VOLTAGE if amps is not None else new.limit_w,
        "limit_a": None if amps is None else encode(amps),
        "start_at": None if new.start is None else from_datetime(new.start),
        "end_at": None if new.end is None else from_datetime(new.end),
        "ramp_s": new.ramp_s, "priority": new.priority, "name": new.name, "event_id": None, "ramp_from_w": None,
        "created_at": now,
    }  # fmt: skip
    await tx.execute(_ADD_LIMIT, **row)
    return row


async def remove_limit(tx: Tx, tenant_id: int, site: int, id: int) -> bool:
    return bool(await tx.fetch(_REMOVE_LIMIT, tenant=tenant_id, site=site, which=id))


async def remove_put(tx: Tx, tenant_id: int, site: int) -> bool:
    """Take away the one limit of PUT."""
    return bool(await tx.fetch(_REMOVE_PUT, tenant=tenant_id, site=site))


def limit_form(row: Mapping[str, Any], now: int) -> shape.SiteLimit:
    start, end = row["start_at"], row["end_at"]
    return shape.SiteLimit(
        id=str(row["id"]),
        kind=row["kind"],
        limit_w=row["limit_w"],
        limit_a=None if row["limit_a"] is None else msgspec.json.decode(row["limit_a"]),
        start=None if start is None else to_datetime(start),
        end=None if end is None else to_datetime(end),
        ramp_s=row["ramp_s"],
        priority=row["priority"],
        name=row["name"],
        active=(start is None or start <= now) and (end is None or now < end),
    )


# ---------------------------------------------------------------------- loads and samples


async def put_load(tx: Tx, tenant_id: int, site: int, circuit: int, load_a: Sequence[float], now: int) -> None:
    await tx.execute(_PUT_LOAD, site_id=site, circuit_id=circuit, tenant_id=tenant_id, load_a=encode(load_a), at=now)


async def loads(db: Db, tenant_id: int, site: int) -> list[shape.SiteLoad]:
    found = []
    for circuit, text, at in await db.fetch(_LOADS, tenant=tenant_id, site=site):
        amps: list[float] = msgspec.json.decode(text)
        number = str(circuit) if circuit else None
        found.append(shape.SiteLoad(circuit_id=number, load_a=amps, load_w=sum(amps) * VOLTAGE, at=to_datetime(at)))
    return found


async def samples(db: Db, tenant_id: int, site: int, since: int, before: int, limit: int) -> list[dict[str, Any]]:
    found = await SAMPLES.page(
        db, tenant_id, None, order="at", limit=limit, cursor=None, site_id=site, since=since, before=before
    )
    return found.rows


def sample_form(row: Mapping[str, Any]) -> shape.Sample:
    evses, held = [], 0.0
    for identity, evse_id, limit_a, measured_w, code, text, rating_a, phases in msgspec.json.decode(row["body"]):
        limit_w = round(limit_a * VOLTAGE * phases, 1)
        told = {"station_id": identity, "evse_id": evse_id, "limit_a": limit_a, "limit_w": limit_w}
        evses.append(shape.SampledEvse(**told, measured_w=measured_w, code=code, text=text))
        held += (rating_a - limit_a) * VOLTAGE * phases if code in ("full", "turn") else 0.0
    sources = msgspec.json.decode(row["sources"] or "{}")
    return shape.Sample(
        at=to_datetime(row["at"]),
        limit_w=row["limit_w"],
        measured_w=row["measured_w"],
        load_w=round(row["load_w"], 1),
        pv_w=sources.get("pv", 0.0),
        battery_w=sources.get("battery", 0.0),
        held_back_w=round(max(0.0, held), 1),
        evses=evses,
    )
