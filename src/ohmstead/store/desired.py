"""Desired state as the engine (fleet/desired.py) reads and writes it."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import and_, bindparam, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.desired import Record
from ohmstead.shapes.desired import AppliesTo, LayerChange
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import commands, desired_layers, device_models, sites, station_drift, stations
from ohmstead.store.tables.fleet import MIGRATING, UPGRADING

AT_ONCE = 100
"""Stations that one step looks at."""
NEVER = 2**62

_l, _d, _s, _c, _m = desired_layers.c, station_drift.c, stations.c, commands.c, device_models.c
_STAMPS = Statement(
    select(_l.tenant_id, func.count(), func.sum(_l.version), func.max(_l.updated_at)).group_by(_l.tenant_id)
)
_LAYERS = Statement(
    select(_l.id, _l.station_id, _l.body, _l.version, _l.updated_at)
    .where(_l.tenant_id == bindparam("tenant"))
    .order_by(_l.id)
)
_layer = insert(desired_layers).values({column.name: bindparam(column.name) for column in desired_layers.columns})
_PUT_LAYER = Statement(
    _layer.on_conflict_do_update(
        index_elements=["tenant_id", "id"],
        set_={name: _layer.excluded[name] for name in ("body", "version", "updated_at")},
        where=_l.version == _layer.excluded.version - 1,
    ).returning(_l.id)
)
_DROP_LAYER = Statement(
    delete(desired_layers)
    .where(_l.tenant_id == bindparam("tenant"), _l.id == bindparam("which"))
    .returning(_l.id)
)  # fmt: skip
_SITES = Statement(select(sites.c.id, sites.c.parent_id).where(sites.c.tenant_id == bindparam("tenant")))
_model_version = func.coalesce(_m.version, 0)
_PLACE = (
    _s.id, _s.tenant_id, _s.identity, _s.site_id, _s.vendor, _s.model, _s.firmware_version, _s.ocpp_version,
    _s.connected_since, _s.version, _model_version, _d.record, _d.state, _d.updated_at, _d.command_id,
    _c.state, _c.awaits, _c.reason,
)  # fmt: skip
_seen = (
    select(*_PLACE)
    .join_from(stations, station_drift, _d.station_id == _s.id, isouter=True)
    .join(device_models, _m.station_id == _s.id, isouter=True)
    .join(commands, _c.id == _d.command_id, isouter=True)
)
_under_way = and_(
    _d.command_id.is_not(None),
    or_(_c.state.in_(["queued", "sent"]), and_(_c.state == fixed("accepted"), _c.awaits.is_not(None))),
)
# one that is led elsewhere is left alone until it is there, or back: its list of network profiles is not as declared
_stays = and_(
    or_(_s.csms_migration.is_(None), text(f"NOT ({MIGRATING.text})")),
    or_(_s.upgrade.is_(None), text(f"NOT ({UPGRADING.text})")),
)
_DUE = Statement(
    _seen.where(
        _s.tenant_id == bindparam("tenant"),
        _s.connected_since.is_not(None),
        _s.archived_at.is_(None),
        _s.registration == fixed("accepted"),
        ~func.coalesce(_under_way, False),
        _stays,
        or_(
            _d.station_id.is_(None),
            _d.command_id.is_not(None),
            _d.revision != bindparam("revision"),
            _d.model_version != _model_version,
            _d.station_version != _s.version,
            _d.updated_at < _s.booted_at,
            _d.look_at <= bindparam("now"),
        ),
    )
    .order_by(_d.look_at, _s.id)
    .limit(AT_ONCE)
)
_ONE = Statement(_seen.where(_s.id == bindparam("station")))
_OPEN = Statement(
    select(func.count())
    .join_from(station_drift, commands, _c.id == _d.command_id)
    .where(_d.tenant_id == bindparam("tenant"), _under_way)
)
_row = insert(station_drift).values({column.name: bindparam(column.name) for column in station_drift.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id"],
        set_={name.name: _row.excluded[name.name] for name in station_drift.columns if name.name != "station_id"},
    )
)
_RECORD = Statement(select(_d.record).where(_d.station_id == bindparam("station")))
_record = msgspec.json.Decoder(Record).decode


class _Kept(LayerChange, frozen=True, kw_only=True):
    """Layers from before `applies_to` had to be said: all were for the whole fleet."""

    applies_to: AppliesTo | None = AppliesTo()


said = msgspec.json.Decoder(_Kept).decode


class Declared(NamedTuple):
    """A layer as it lies on disk; `station_id`: of that one station."""

    id: str
    station_id: int | None
    said: LayerChange
    version: int
    updated_at: int


class Place(NamedTuple):
    """A station as the steward sees it, with what it remembers of it and what became of its command."""

    id: int
    tenant_id: int
    identity: str
    site_id: int | None
    vendor: str | None
    model: str | None
    firmware_version: str | None
    ocpp_version: str | None
    connected_since: int | None
    version: int
    model_version: int
    record: Record
    state: str | None
    looked_at: int | None
    command_id: str | None
    command_state: str | None
    command_awaits: str | None
    command_reason: str | None


class Look(NamedTuple):
    """What a look at a station came to."""

    state: str
    reason: str | None
    record: Record
    revision: str
    look_at: int | None


def own_id(station_id: int) -> str:
    """The id of the layer of one station."""
    return f"@{station_id}"


async def revisions(db: Db) -> dict[int, str]:
    """tenant -> what changes when any of its layers does."""
    return {row[0]: f"{row[1]}.{row[2]}.{row[3]}" for row in await db.fetch(_STAMPS)}


async def layers(db: Db, tenant_id: int) -> list[Declared]:
    rows = await db.fetch_many(_LAYERS, tenant=tenant_id)
    return [Declared(row[0], row[1], said(row[2]), row[3], row[4]) for row in rows]


async def put_layer(tx: Tx, tenant_id: int, one: Declared) -> bool:
    """Keep a layer; False where it is not the version before any more."""
    kept = await tx.fetch(
        _PUT_LAYER, tenant_id=tenant_id, id=one.id, station_id=one.station_id, body=encode(one.said),
        version=one.version, updated_at=one.updated_at,
    )  # fmt: skip
    return bool(kept)


async def drop_layer(tx: Tx, tenant_id: int, id: str) -> bool:
    """Whether there was one."""
    return bool(await tx.fetch(_DROP_LAYER, tenant=tenant_id, which=id))


async def parents(db: Db, tenant_id: int) -> dict[int, int | None]:
    """site -> the site it lies in."""
    return {row[0]: row[1] for row in await db.fetch_many(_SITES, tenant=tenant_id)}


async def due(db: Db, tenant_id: int, revision: str, now: int) -> list[Place]:
    """Connected stations of which something changed since the last look, or whose time has come."""
    return [_place(row) for row in await db.fetch_many(_DUE, tenant=tenant_id, revision=revision, now=now)]


async def one(db: Db, station_id: int) -> Place:
    return _place((await db.fetch(_ONE, station=station_id))[0])


async def under_way(db: Db, tenant_id: int) -> int:
    """How many stations have a command of the steward's."""
    return int((await db.fetch_many(_OPEN, tenant=tenant_id))[0][0])


def _place(row: Any) -> Place:
    fields = list(row)
    fields[11] = Record() if row[11] is None else _record(row[11])
    return Place(*fields)


async def heartbeat(db: Db, station_id: int) -> int | None:
    """The heartbeat interval that is declared of a station, in seconds."""
    rows = await db.fetch(_RECORD, station=station_id)
    return _record(rows[0][0]).heartbeat if rows else None


async def put(tx: Tx, place: Place, look: Look, now: int) -> None:
    await tx.execute(
        _PUT, station_id=place.id, tenant_id=place.tenant_id, state=look.state, reason=look.reason,
        record=encode(look.record), command_id=look.record.command_id, revision=look.revision,
        model_version=place.model_version, station_version=place.version,
        look_at=NEVER if look.look_at is None else look.look_at, updated_at=now,
    )  # fmt: skip
