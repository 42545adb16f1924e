"""The open alerts of a station: read by what raises and clears them, written with what else that changes."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.alerts import Alert
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import alerts, stations

AT_ONCE = 200

_a = alerts.c
COLUMNS = tuple(_a[name] for name in Alert.__struct_fields__)
_OPEN = Statement(
    select(*COLUMNS).where(
        _a.tenant_id == bindparam("tenant"), _a.station_id == bindparam("station"), _a.state == fixed("firing")
    )
)
_QUIET = Statement(
    select(_a.tenant_id, _a.station_id, stations.c.identity, *COLUMNS)
    .join_from(alerts, stations, stations.c.id == _a.station_id)
    .where(
        _a.state == fixed("firing"),
        _a.latched == 1,
        _a.severity >= bindparam("least"),
        _a.last_at <= bindparam("before"),
    )
    .order_by(_a.station_id, _a.id)
    .limit(AT_ONCE)
)
_STILL = Statement(
    select(_a.id).where(
        _a.tenant_id == bindparam("tenant"), _a.id == bindparam("which"), _a.state == fixed("firing"),
        _a.count == bindparam("times"),
    )
)  # fmt: skip
_row = insert(alerts).values({column.name: bindparam(column.name) for column in alerts.columns})
_SAID = ("severity", "text", "detail", "count", "first_at", "last_at", "acknowledged_at", "acknowledged_by")
_NEW = Statement(
    _row.on_conflict_do_update(
        index_elements=["tenant_id", "station_id", "subject"],
        index_where=text("state = 'firing'"),
        set_={name: _row.excluded[name] for name in _SAID},
    )
)
_COUNTED = Statement(
    update(alerts)
    .where(_a.tenant_id == bindparam("tenant"), _a.id == bindparam("which"), _a.state == fixed("firing"))
    .values({name: bindparam(name) for name in _SAID})
)
_ENDED = ("state", "resolved_at", "resolved_by", "acknowledged_at", "acknowledged_by")
_SETTLED = Statement(
    update(alerts)
    .where(_a.tenant_id == bindparam("tenant"), _a.id == bindparam("which"))
    .values({name: bindparam(name) for name in _ENDED})
)


class Quiet(NamedTuple):
    """An open alert of which nothing was said for a while."""

    tenant_id: int
    station_id: int
    identity: str
    alert: Alert


async def load_quiet(db: Db, least: int, before: int) -> list[Quiet]:
    """Latched alerts of that severity or less that were said last `before`; some of them, by station."""
    rows = await db.fetch_many(_QUIET, least=least, before=before)
    return [
        Quiet(tenant_id, station_id, identity, alert_of(dict(zip(Alert.__struct_fields__, row, strict=True))))
        for tenant_id, station_id, identity, *row in rows
    ]


async def still_so(tx: Tx, one: Quiet) -> bool:
    """Whether it is open, and nothing was said since."""
    return bool(await tx.fetch(_STILL, tenant=one.tenant_id, which=one.alert.id, times=one.alert.count))


async def load_open(db: Db, tenant_id: int, station_id: int) -> dict[str, Alert]:
    """The firing alerts of a station, by subject."""
    rows = await db.fetch(_OPEN, tenant=tenant_id, station=station_id)
    found = [alert_of(dict(zip(Alert.__struct_fields__, row, strict=True))) for row in rows]
    return {one.subject: one for one in found}


def alert_of(row: dict[str, Any]) -> Alert:
    """The alert of a row."""
    values = {name: row[name] for name in Alert.__struct_fields__}
    return Alert(**values | {"detail": msgspec.json.decode(row["detail"]), "latched": bool(row["latched"])})


def written(tenant_id: int, station_id: int, alert: Alert, *, new: bool) -> list[Changed]:
    """What to store so that the alert is as it is now. One that is not `new` and that ended in this very moment,
    because an answer of the station took its monitor away, stays ended."""
    fields = {name: getattr(alert, name) for name in Alert.__struct_fields__}
    fields |= {"detail": encode(alert.detail), "latched": int(alert.latched)}
    firing = {"state": "firing", "resolved_at": None, "resolved_by": None}
    rows: list[Changed] = []
    if new:
        rows.append((_NEW, {"tenant_id": tenant_id, "station_id": station_id, **fields, **firing}))
    else:
        rows.append((_COUNTED, {"tenant": tenant_id, "which": alert.id} | {name: fields[name] for name in _SAID}))
    if alert.state == "resolved":
        rows.append(settled(tenant_id, alert))
    return rows


def settled(tenant_id: int, alert: Alert) -> Changed:
    """What to store so that the alert ends, or is acknowledged, as it says."""
    return _SETTLED, {"tenant": tenant_id, "which": alert.id} | {name: getattr(alert, name) for name in _ENDED}
