"""Reports under way: which were asked for, and the parts that have come.

While a report is under way its parts are looked at without what they say; that is read once, when it is taken over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import and_, bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.device_model import Variable
from ohmstead.domain.reports import Base, Part, Report, Reports
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row, Tx
from ohmstead.store.statement import Statement
from ohmstead.store.tables import device_models, device_report_parts, device_reports

_r, _p = device_reports.c, device_report_parts.c
_OPEN = Statement(
    select(_r.request_id, _r.base, _r.asked_at).where(_r.station_id == bindparam("station")).order_by(_r.request_id)
)
_PARTS = Statement(
    select(_p.request_id, _p.seq_no, _p.more, _p.received_at, _p.count, _p.digest)
    .where(_p.station_id == bindparam("station"))
    .order_by(_p.request_id, _p.seq_no, _p.received_at)
)
_BODIES = Statement(
    select(_p.seq_no, _p.digest, _p.body).where(
        _p.station_id == bindparam("station"), _p.request_id == bindparam("request")
    )
)
_row = insert(device_reports).values({column.name: bindparam(column.name) for column in device_reports.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "request_id"],
        set_={name: _row.excluded[name] for name in ("base", "asked_at", "last_at", "complete")},
    )
)
_PUT_PART = Statement(
    insert(device_report_parts)
    .values({column.name: bindparam(column.name) for column in device_report_parts.columns})
    .on_conflict_do_nothing()
)
_DROP = Statement(
    delete(device_reports).where(_r.station_id == bindparam("station"), _r.request_id == bindparam("request"))
)
_DROP_PARTS = Statement(
    delete(device_report_parts).where(_p.station_id == bindparam("station"), _p.request_id == bindparam("request"))
)
_STAMP = Statement(
    select(_r.request_id, _r.asked_at, _r.last_at).where(_r.station_id == bindparam("station")).order_by(_r.request_id)
)
_VERSION = Statement(select(device_models.c.version).where(device_models.c.station_id == bindparam("station")))
_OVERDUE = Statement(
    select(_r.station_id, _r.tenant_id)
    .where(or_(and_(_r.complete == 1, _r.last_at <= bindparam("settled")), _r.last_at <= bindparam("broken")))
    .distinct()
    .order_by(_r.station_id)
)

_encode = msgspec.json.Encoder().encode
_body = msgspec.json.Decoder(tuple[Variable, ...])


class Owner(NamedTuple):
    """A station with reports that wait."""

    station_id: int
    tenant_id: int


async def load_reports(db: Db, station_id: int) -> Reports:
    """The reports of a station that are under way, without what their parts say."""
    parts: dict[int, dict[int, tuple[Part, ...]]] = {}
    open_ = await db.fetch(_OPEN, station=station_id)
    if not open_:
        return Reports()
    for request_id, seq_no, more, received_at, count, digest in await db.fetch(_PARTS, station=station_id):
        one = Part(request_id, seq_no, bool(more), received_at, (), count, digest)
        own = parts.setdefault(request_id, {})
        own[seq_no] = (*own.get(seq_no, ()), one)
    return Reports({row[0]: Report(row[0], row[1], row[2], parts.get(row[0], {})) for row in open_})


async def told(db: Db, station_id: int, report: Report, latest: Part | None = None) -> Report:
    """The report with what its parts say; `latest` is the one that is not stored yet."""
    bodies = {
        (seq_no, digest): _body.decode(body)
        for seq_no, digest, body in await db.fetch_many(_BODIES, station=station_id, request=report.request_id)
    }
    if latest is not None:
        bodies[latest.seq_no, latest.digest] = latest.variables
    parts = {
        seq_no: tuple(msgspec.structs.replace(one, variables=bodies.get((seq_no, one.digest), ())) for one in same)
        for seq_no, same in report.parts.items()
    }
    return msgspec.structs.replace(report, parts=parts)


async def stamp(db: Db | Tx, station_id: int) -> tuple[Row, ...]:
    """What is another as soon as a part came, a report was asked for, or the model changed."""
    rows = [*await db.fetch(_STAMP, station=station_id), *await db.fetch(_VERSION, station=station_id)]
    return tuple(tuple(row) for row in rows)


async def overdue(db: Db, now: int, settled: int, broken: int) -> list[Owner]:
    """The stations with a complete report of which nothing came for `settled` microseconds, or with an incomplete one
    and `broken`."""
    return [Owner(*row) for row in await db.fetch(_OVERDUE, settled=now - settled, broken=now - broken)]


def asked(tenant_id: int, station_id: int, request_id: int, base: Base, at: int) -> list[Changed]:
    """A report was asked for. One of that number that was under way is forgotten."""
    return [*dropped(station_id, [request_id]), _report(tenant_id, station_id, Report(request_id, base, at))]


def received(tenant_id: int, station_id: int, report: Report, part: Part) -> list[Changed]:
    """A part came; `report` has it."""
    row = {
        "station_id": station_id,
        "request_id": part.request_id,
        "seq_no": part.seq_no,
        "digest": part.digest,
        "tenant_id": tenant_id,
        "more": int(part.more),
        "count": part.count,
        "received_at": part.received_at,
        "body": _encode(part.variables).decode(),
    }
    return [_report(tenant_id, station_id, report), (_PUT_PART, row)]


def dropped(station_id: int, request_ids: Iterable[int]) -> list[Changed]:
    """These reports are over."""
    rows: list[dict[str, Any]] = [{"station": station_id, "request": number} for number in request_ids]
    return [(_DROP_PARTS, row) for row in rows] + [(_DROP, row) for row in rows]


def _report(tenant_id: int, station_id: int, report: Report) -> Changed:
    row = {
        "station_id": station_id,
        "request_id": report.request_id,
        "tenant_id": tenant_id,
        "base": report.base,
        "asked_at": report.asked_at,
        "last_at": report.last_at,
        "complete": int(report.complete),
    }
    return (_PUT, row)
