"""Device models on disk: loaded whole or in part, as they are or as they were; written as changes.

A model is not kept in memory: who needs one loads it, or those of its variables that he needs. Of each change only the
attributes that differ are written, and what held before goes into the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BindParameter, Select, bindparam, delete, select, union, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.device_model import (
    ATTRIBUTE_TYPES,
    Attribute,
    Change,
    Model,
    Mutability,
    Name,
    Pending,
    ReportState,
    Source,
    Variable,
    in_order,
    model,
)
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row
from ohmstead.store.statement import Statement
from ohmstead.store.tables import device_history, device_models, device_values, terms
from ohmstead.store.terms import Term, plain_text, terms_of

Numbers = Mapping[Term, int]

_NOBODY = Name("", "")
SOURCES: tuple[Source, ...] = ("report", "get", "set", "event")
_MUTABILITIES: tuple[Mutability | None, ...] = (None, "ReadOnly", "WriteOnly", "ReadWrite")

_v, _h, _m = device_values.c, device_history.c, device_models.c
_columns = (_v.name_id, _v.attribute, _v.value, _v.flags, _v.characteristics_id, _v.updated_at, _v.pending)
_of_station = select(*_columns).where(_v.station_id == bindparam("station"))
_WHOLE = Statement(_of_station)
_PENDING = Statement(_of_station.where(_v.pending.is_not(None)))
_PAST = Statement(
    select(_h.name_id, _h.attribute, _h.value, _h.flags, _h.characteristics_id, _h.since, _h.until)
    .where(_h.station_id == bindparam("station"), _h.until > bindparam("at"))
    .order_by(_h.until.desc())
)
_used = union(
    *(
        select(column).where(table.c.station_id == bindparam("station"))
        for table in (device_values, device_history)
        for column in (table.c.name_id, table.c.characteristics_id)
    )
)
_TERMS = Statement(
    select(terms.c.id, terms.c.tenant_id, terms.c.kind, terms.c.text).where(terms.c.id.in_(_used.scalar_subquery()))
)
_STATE = Statement(
    select(_m.report_complete, _m.report_missing, _m.report_at, _m.version).where(_m.station_id == bindparam("station"))
)
_ASKED = Statement(
    select(_m.asked_firmware, _m.asked_times, _m.report_complete).where(_m.station_id == bindparam("station"))
)


# ---------------------------------------------------------------------- reading


async def load(db: Db, station_id: int) -> Model:
    """All that is known of a station."""
    variables = await _variables(db, station_id, await db.fetch_many(_WHOLE, station=station_id))
    return model(variables, await load_report_state(db, station_id))


async def load_some(db: Db, tenant_id: int, station_id: int, names: Iterable[Name]) -> Model:
    """Those of a station's variables that have these names, in any spelling."""
    keys = sorted({plain_text(name.key) for name in names})
    rows: list[Row] = []
    for start in range(0, len(keys), 64):
        some = keys[start : start + 64]
        size = 1 << (len(some) - 1).bit_length()
        padded = {f"key_{n}": some[min(n, len(some) - 1)] for n in range(size)}
        rows += await db.fetch(_named(size), tenant=tenant_id, station=station_id, **padded)
    return model(await _variables(db, station_id, rows))


async def load_pending(db: Db, station_id: int) -> Model:
    """The attributes whose new value waits for a reboot; of their variables nothing else."""
    return model(await _variables(db, station_id, await db.fetch(_PENDING, station=station_id)))


async def load_past(db: Db, station_id: int, at: int) -> Model:
    """What was known of a station at a moment, as far back as the history goes."""
    rows = {(row[0], row[1]): row for row in await db.fetch_many(_WHOLE, station=station_id)}
    for name_id, attribute, value, flags, characteristics, since, _ in await db.fetch_many(
        _PAST, station=station_id, at=at
    ):  # the newest first, so that the oldest that held until after `at` counts
        rows[name_id, attribute] = (name_id, attribute, value, flags, characteristics, since, None)
    return model(await _variables(db, station_id, [row for row in rows.values() if row[5] <= at]))


class Asked(NamedTuple):
    """Whether we asked for a full report on our own: of which firmware, how often, and whether one came whole."""

    firmware: str | None = None
    times: int = 0
    complete: bool = False


async def load_asked(db: Db, station_id: int) -> Asked:
    rows = await db.fetch(_ASKED, station=station_id)
    return Asked(rows[0][0], rows[0][1], bool(rows[0][2])) if rows else Asked()


async def load_report_state(db: Db, station_id: int) -> ReportState:
    """How the last full report of a station went."""
    rows = await db.fetch(_STATE, station=station_id)
    if not rows:
        return ReportState()
    complete, missing, at, _ = rows[0]
    return ReportState(bool(complete), tuple(msgspec.json.decode(missing)), at)


@cache
def _named(count: int) -> Statement:
    keys: list[BindParameter[str]] = [bindparam(f"key_{n}") for n in range(count)]
    found: Select[Any] = (
        select(*_columns)
        .join_from(terms, device_values, _v.name_id == terms.c.id)
        .where(terms.c.tenant_id == bindparam("tenant"), terms.c.plain.in_(keys))
        .where(_v.station_id == bindparam("station"))
    )
    return Statement(found)


async def _variables(db: Db, station_id: int, rows: Sequence[Row]) -> list[Variable]:
    known, wanted = terms_of(db), {number for row in rows for number in (row[0], row[4]) if number is not None}
    found = known.known(wanted)
    if len(found) < len(wanted):
        found |= known.learn(await db.fetch_many(_TERMS, station=station_id))
    attributes: dict[int, list[Attribute]] = {}
    characteristics: dict[int, int] = {}
    for name_id, attribute, value, flags, characteristics_id, updated_at, pending in rows:
        attributes.setdefault(name_id, []).append(_attribute(attribute, value, flags, updated_at, pending))
        characteristics[name_id] = characteristics_id or 0
    return [
        Variable(found[name_id], in_order(own), found.get(characteristics[name_id]))
        for name_id, own in attributes.items()
    ]


_pending = msgspec.json.Decoder(Pending)


def _attribute(number: int, value: str | None, flags: int, updated_at: int, pending: str | None) -> Attribute:
    return Attribute(
        ATTRIBUTE_TYPES[number],
        value,
        _MUTABILITIES[flags & 3],
        bool(flags & 4),
        bool(flags & 8),
        updated_at,
        SOURCES[flags >> 4],
        None if pending is None else _pending.decode(pending),
    )


def _flags(one: Attribute) -> int:
    """Mutability in bits 0 and 1, persistent 2, constant 3, source from 4 on."""
    mutability, source = _MUTABILITIES.index(one.mutability), SOURCES.index(one.source)
    return mutability | one.persistent << 2 | one.constant << 3 | source << 4


# ---------------------------------------------------------------------- writing

_row = insert(device_values).values({column.name: bindparam(column.name) for column in device_values.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "name_id", "attribute"],
        set_={name: _row.excluded[name] for name in ("value", "flags", "characteristics_id", "updated_at", "pending")},
    )
)
_DROP = Statement(
    delete(device_values).where(
        _v.station_id == bindparam("station_id"),
        _v.name_id == bindparam("name_id"),
        _v.attribute == bindparam("attribute"),
    )
)
_HELD = Statement(
    insert(device_history)
    .values({column.name: bindparam(column.name) for column in device_history.columns})
    .on_conflict_do_nothing()
)
_new = insert(device_models).values(station_id=bindparam("station"), tenant_id=bindparam("tenant"), version=1)
_CHANGED = Statement(_new.on_conflict_do_update(index_elements=["station_id"], set_={"version": _m.version + 1}))
_TOUCHED = Statement(update(device_models).where(_m.station_id == bindparam("station")).values(version=_m.version + 1))
_REPORTED = Statement(
    update(device_models)
    .where(_m.station_id == bindparam("station"))
    .values(report_complete=bindparam("complete"), report_missing=bindparam("missing"), report_at=bindparam("at"))
)
_ask = insert(device_models).values(
    station_id=bindparam("station"),
    tenant_id=bindparam("tenant"),
    asked_firmware=bindparam("firmware"),
    asked_at=bindparam("at"),
    asked_times=bindparam("times"),
)
_ASK = Statement(
    _ask.on_conflict_do_update(
        index_elements=["station_id"],
        set_={name: _ask.excluded[name] for name in ("asked_firmware", "asked_at", "asked_times")},
    )
)


def asked(tenant_id: int, station_id: int, firmware: str | None, now: int, times: int) -> list[Changed]:
    """We ask for a full report on our own, for the time `times` of this firmware."""
    row = {"station": station_id, "tenant": tenant_id, "firmware": firmware, "at": now, "times": times}
    return [(_ASK, row)]


def touched(station_id: int) -> list[Changed]:
    """Something else is new that the words of a station depend on."""
    return [(_TOUCHED, {"station": station_id})]


async def changed(
    db: Db,
    tenant_id: int,
    station_id: int,
    changes: Sequence[Change],
    now: int,
    report: ReportState | None = None,
    *,
    history: bool = True,
) -> list[Changed]:
    """What to write so that the changes hold, and that the last full report went so. The terms they use are stored
    before this returns. Without `history` what held before is forgotten."""
    if not changes and report is None:
        return []
    variables = [one for change in changes for one in (change.before, change.after) if one is not None]
    wanted: list[Term] = [one.name for one in variables]
    wanted += [one.characteristics for one in variables if one.characteristics is not None]
    numbers = await terms_of(db).numbers(db, tenant_id, wanted)
    rows: list[Changed] = [(_CHANGED, {"station": station_id, "tenant": tenant_id})]
    if report is not None:
        missing = msgspec.json.encode(report.missing_parts).decode()
        state = {"complete": int(report.complete), "missing": missing, "at": report.at}
        rows.append((_REPORTED, {"station": station_id, **state}))
    owner = {"tenant_id": tenant_id, "station_id": station_id}
    found = [row for one in changes for row in _differences(one, numbers, owner, now)]
    kinds = (_DROP, _HELD, _PUT) if history else (_DROP, _PUT)
    return rows + [row for kind in kinds for row in found if row[0] is kind]


def _differences(change: Change, numbers: Numbers, owner: dict[str, int], now: int) -> Iterator[Changed]:
    """What one change writes: what is gone, what held before, what is new or different."""
    before, after = change.before or Variable(_NOBODY), change.after or Variable(_NOBODY)
    old = {one.type: one for one in before.attributes}
    new = {one.type: one for one in after.attributes}
    for type, one in old.items():
        place = owner | {"name_id": numbers[before.name], "attribute": ATTRIBUTE_TYPES.index(type)}
        if type not in new or before.name != after.name:
            yield _DROP, place
        if one.value is not None and (type not in new or new[type].value != one.value):
            yield _HELD, place | _value(before, one, numbers) | {"since": one.updated_at, "until": now}
    same = (before.name, before.characteristics) == (after.name, after.characteristics)
    for type, one in new.items():
        if not same or one != old.get(type):
            place = owner | {"name_id": numbers[after.name], "attribute": ATTRIBUTE_TYPES.index(type)}
            pending = None if one.pending is None else msgspec.json.encode(one.pending).decode()
            yield _PUT, place | _value(after, one, numbers) | {"updated_at": one.updated_at, "pending": pending}


def _value(variable: Variable, one: Attribute, numbers: Numbers) -> dict[str, Any]:
    told = variable.characteristics
    return {
        "value": one.value,
        "flags": _flags(one),
        "characteristics_id": None if told is None else numbers[told],
    }
