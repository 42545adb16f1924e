"""Monitors on disk, and the reports of them that are under way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.device_model import Name
from ohmstead.domain.monitors import Monitor, Report
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row, Tx, encode
from ohmstead.store.statement import Statement
from ohmstead.store.tables import monitor_reports, monitoring, monitors, terms
from ohmstead.store.terms import terms_of

_m, _s, _r = monitors.c, monitoring.c, monitor_reports.c
_OWN = _m.station_id == bindparam("station")
_shown = select(
    _m.monitor_id, terms.c.text, _m.type, _m.value, _m.severity, _m.kind, _m.transaction, _m.updated_at
).join_from(monitors, terms, _m.name_id == terms.c.id)
_WHOLE = Statement(_shown.where(_OWN).order_by(_m.monitor_id))
_ONE = Statement(_shown.where(_OWN, _m.monitor_id == bindparam("which")))
_put = insert(monitors).values({column.name: bindparam(column.name) for column in monitors.columns})
_PUT = Statement(
    _put.on_conflict_do_update(
        index_elements=["station_id", "monitor_id"],
        set_={
            name: _put.excluded[name]
            for name in ("name_id", "type", "value", "severity", "kind", "transaction", "updated_at")
        },
    )
)
_DROP = Statement(delete(monitors).where(_OWN, _m.monitor_id == bindparam("which")))
_GONE = Statement(select(_m.monitor_id).where(_OWN, _m.updated_at < bindparam("asked_at")))
_OF_KIND = Statement(select(_m.monitor_id).where(_OWN, _m.kind.in_([bindparam("kind"), bindparam("or_kind")])))
_STATE = Statement(
    select(_s.base, _s.level, _s.report_complete, _s.report_missing, _s.report_at, _s.asked_times).where(
        _s.station_id == bindparam("station")
    )
)
_decode_name = msgspec.json.Decoder(Name).decode


def _setting(*names: str) -> Statement:
    row = insert(monitoring).values({name: bindparam(name) for name in ("station_id", "tenant_id", *names)})
    return Statement(
        row.on_conflict_do_update(index_elements=["station_id"], set_={name: row.excluded[name] for name in names})
    )


_BASE, _LEVEL, _ASKED = _setting("base"), _setting("level"), _setting("asked_times")
_REPORTED = _setting("report_complete", "report_missing", "report_at", "asked_times")
_FAILED = _setting("report_complete", "report_missing")


class Monitoring(NamedTuple):
    """What is known of a station's monitoring besides its monitors; `report_at` None: none was ever whole."""

    base: str | None = None
    level: int | None = None
    report_complete: bool = False
    report_missing: tuple[int, ...] = ()
    report_at: int | None = None
    asked_times: int = 0


class Owner(NamedTuple):
    """A report of which nothing comes any more."""

    station_id: int
    tenant_id: int
    report: Report


def monitor_of(row: Row) -> Monitor:
    id, name, type, value, severity, kind, transaction, updated_at = row
    return Monitor(
        id=id, name=_decode_name(name), type=type, value=value, severity=severity, kind=kind,
        transaction=bool(transaction), updated_at=updated_at,
    )  # fmt: skip


async def load(db: Db, station_id: int) -> dict[int, Monitor]:
    """All monitors of a station, by number."""
    return {row[0]: monitor_of(row) for row in await db.fetch_many(_WHOLE, station=station_id)}


async def find(db: Db, station_id: int, monitor_id: int) -> Monitor | None:
    rows = await db.fetch(_ONE, station=station_id, which=monitor_id)
    return monitor_of(rows[0]) if rows else None


async def load_state(db: Db, station_id: int) -> Monitoring:
    rows = await db.fetch(_STATE, station=station_id)
    if not rows:
        return Monitoring()
    base, level, complete, missing, at, times = rows[0]
    return Monitoring(base, level, bool(complete), tuple(msgspec.json.decode(missing)), at, times)


async def put(db: Db, tenant_id: int, station_id: int, found: Sequence[Monitor]) -> list[Changed]:
    """What to write so that the station has these."""
    numbers = await terms_of(db).numbers(db, tenant_id, [one.name for one in found])
    return [
        (
            _PUT,
            {
                "station_id": station_id,
                "monitor_id": one.id,
                "tenant_id": tenant_id,
                "name_id": numbers[one.name],
                "type": one.type,
                "value": one.value,
                "severity": one.severity,
                "kind": one.kind,
                "transaction": int(one.transaction),
                "updated_at": one.updated_at,
            },
        )
        for one in found
    ]


def dropped(station_id: int, ids: Iterable[int]) -> list[Changed]:
    """The station has these no more."""
    return [(_DROP, {"station": station_id, "which": id}) for id in ids]


async def unnamed(db: Db, station_id: int, report: Report) -> list[int]:
    """The monitors that the station told of before the report was asked for, and not since."""
    rows = await db.fetch_many(_GONE, station=station_id, asked_at=report.asked_at)
    return [row[0] for row in rows]


async def of_kind(db: Db, station_id: int, *kinds: str) -> list[int]:
    """The monitors of one or two kinds."""
    return [row[0] for row in await db.fetch_many(_OF_KIND, station=station_id, kind=kinds[0], or_kind=kinds[-1])]


def base_set(tenant_id: int, station_id: int, base: str) -> Changed:
    return _BASE, {"station_id": station_id, "tenant_id": tenant_id, "base": base}


def level_set(tenant_id: int, station_id: int, level: int) -> Changed:
    return _LEVEL, {"station_id": station_id, "tenant_id": tenant_id, "level": level}


def asked_again(tenant_id: int, station_id: int, times: int) -> Changed:
    """We ask for a full report on our own, for that time since one was whole."""
    return _ASKED, {"station_id": station_id, "tenant_id": tenant_id, "asked_times": times}


def reported(tenant_id: int, station_id: int, report: Report, now: int) -> Changed:
    """How a full report went."""
    row = {
        "station_id": station_id,
        "tenant_id": tenant_id,
        "report_complete": int(report.complete),
        "report_missing": encode(report.missing),
    }
    return (_REPORTED, row | {"report_at": now, "asked_times": 0}) if report.complete else (_FAILED, row)


# ---------------------------------------------------------------------- reports under way

_OPEN = Statement(
    select(_r.full, _r.asked_at, _r.last_at, _r.parts, _r.last).where(
        _r.station_id == bindparam("station"), _r.request_id == bindparam("request")
    )
)
_OVERDUE = Statement(
    select(_r.station_id, _r.tenant_id, _r.request_id, _r.full, _r.asked_at, _r.last_at, _r.parts, _r.last).where(
        _r.last_at <= bindparam("before")
    )
)
_row = insert(monitor_reports).values({column.name: bindparam(column.name) for column in monitor_reports.columns})
_PUT_REPORT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "request_id"],
        set_={name: _row.excluded[name] for name in ("full", "asked_at", "last_at", "parts", "last")},
    )
)
_DROP_REPORT = Statement(
    delete(monitor_reports).where(_r.station_id == bindparam("station"), _r.request_id == bindparam("request"))
)


async def load_report(db: Db, station_id: int, request_id: int) -> Report | None:
    """The report of that number that is under way."""
    rows = await db.fetch(_OPEN, station=station_id, request=request_id)
    return _report(request_id, rows[0]) if rows else None


def _report(request_id: int, row: Row) -> Report:
    full, asked_at, last_at, parts, last = row
    return Report(
        request_id=request_id, full=bool(full), asked_at=asked_at, last_at=last_at,
        parts=tuple(msgspec.json.decode(parts)), last=last,
    )  # fmt: skip


def report_kept(tenant_id: int, station_id: int, report: Report) -> Changed:
    """The report as it is under way."""
    fields: dict[str, Any] = {name: getattr(report, name) for name in Report.__struct_fields__}
    fields |= {"full": int(report.full), "parts": encode(report.parts)}
    return _PUT_REPORT, {"station_id": station_id, "tenant_id": tenant_id, **fields}


def report_over(station_id: int, request_id: int) -> Changed:
    return _DROP_REPORT, {"station": station_id, "request": request_id}


async def overdue(db: Db, before: int) -> list[Owner]:
    """The reports of which nothing came since `before`."""
    rows = await db.fetch(_OVERDUE, before=before)
    return [Owner(row[0], row[1], _report(row[2], row[3:])) for row in rows]


async def still_so(tx: Tx, owner: Owner) -> bool:
    """Whether no part has come since `overdue` found the report."""
    rows = await tx.fetch(_OPEN, station=owner.station_id, request=owner.report.request_id)
    return bool(rows) and _report(owner.report.request_id, rows[0]) == owner.report
