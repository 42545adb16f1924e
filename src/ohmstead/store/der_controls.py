"""DER controls on disk: what a 2.1 station does for the grid on its own, as far as it accepted or reported it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, delete, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, encode
from ohmstead.store.statement import Statement
from ohmstead.store.tables import der_controls

_d = der_controls.c
_OWN = _d.station_id == bindparam("station")
_NAMES = ("control_type", "is_default", "superseded", "source", "body", "stale", "updated_at")
_row = insert(der_controls).values({column.name: bindparam(column.name) for column in der_controls.columns})
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "control_id"], set_={name: _row.excluded[name] for name in _NAMES}
    )
)
_LOAD = Statement(
    select(_d.control_id, _d.control_type, _d.is_default, _d.superseded, _d.started, _d.source, _d.body, _d.updated_at)
    .where(_OWN)
    .order_by(_d.control_type, _d.control_id)
)
_SUPERSEDE = Statement(
    update(der_controls)
    .where(_OWN, _d.control_id == bindparam("which"))
    .values(superseded=bindparam("truth"), updated_at=bindparam("now"))
)
_START = Statement(
    update(der_controls)
    .where(_OWN, _d.control_id == bindparam("which"))
    .values(started=bindparam("truth"), updated_at=bindparam("now"))
)
_CLEAR = Statement(
    delete(der_controls).where(
        _OWN, _d.is_default == bindparam("truth"),
        or_(bindparam("kind") == "", _d.control_type == bindparam("kind")),
        or_(bindparam("which") == "", _d.control_id == bindparam("which")),
    )
)  # fmt: skip
_MARK = Statement(update(der_controls).where(_OWN).values(stale=bindparam("truth")))
_SWEEP = Statement(delete(der_controls).where(_OWN, _d.stale == literal_column("1")))


class Control(Struct, frozen=True, kw_only=True):
    """`is_default` and `started` are None where the station did not say; `source` is `set` or `reported`."""

    control_id: str
    control_type: str
    is_default: bool | None
    superseded: bool
    started: bool | None = None
    source: str
    settings: dict[str, Any]
    updated_at: int


async def load(db: Db, station_id: int) -> list[Control]:
    """All controls of a station."""
    rows = await db.fetch(_LOAD, station=station_id)
    return [
        Control(
            control_id=row[0], control_type=row[1], is_default=_truth(row[2]), superseded=row[3] == 1,
            started=_truth(row[4]), source=row[5], settings=msgspec.json.decode(row[6]), updated_at=row[7],
        )
        for row in rows
    ]  # fmt: skip


def _truth(value: int | None) -> bool | None:
    return None if value is None else value == 1


def put(tenant_id: int, station_id: int, one: Control) -> Changed:
    """The station has it, in the place of what had its id."""
    return _PUT, {
        "station_id": station_id, "control_id": one.control_id, "tenant_id": tenant_id,
        "control_type": one.control_type, "is_default": None if one.is_default is None else int(one.is_default),
        "superseded": int(one.superseded), "started": None, "source": one.source, "body": encode(one.settings),
        "stale": 0, "updated_at": one.updated_at,
    }  # fmt: skip


def superseded(station_id: int, ids: Iterable[str], now: int, *, truth: bool = True) -> list[Changed]:
    """Others are in force in their place, or (`truth` False) no longer."""
    return [(_SUPERSEDE, {"station": station_id, "which": one, "truth": int(truth), "now": now}) for one in ids]


def started(station_id: int, control_id: str, now: int, *, truth: bool) -> Changed:
    return _START, {"station": station_id, "which": control_id, "truth": int(truth), "now": now}


def cleared(station_id: int, *, is_default: bool, control_type: str | None, control_id: str | None) -> Changed:
    """One, those of a type, or all: of the default or of the scheduled ones."""
    return _CLEAR, {
        "station": station_id, "truth": int(is_default), "kind": control_type or "", "which": control_id or "",
    }  # fmt: skip


def doubted(station_id: int, *, truth: bool) -> Changed:
    """A full report was asked for: what it will not name is gone."""
    return _MARK, {"station": station_id, "truth": int(truth)}


def swept(station_id: int) -> Changed:
    """The report is complete."""
    return _SWEEP, {"station": station_id}
