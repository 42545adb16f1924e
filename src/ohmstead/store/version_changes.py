"""Changes of a station's version on disk: what it was set to before, and what became of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import and_, bindparam, case, insert, or_, select, update

from ohmstead.domain.version_change import Fate, Setting
from ohmstead.domain.words import Version
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row, encode
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import device_models, stations, version_changes

AT_ONCE = 100
State = Literal["open", "done", "given_up", "overtaken"]
_c, _m = version_changes.c, device_models.c


class Change(Struct, frozen=True, kw_only=True):
    """A change of version. `open`: its new model is not known yet. `overtaken`: it changed again before."""

    id: int
    tenant_id: int
    station_id: int
    was: Version
    now: Version
    at: int
    state: State
    kept: tuple[Setting, ...]
    ended: tuple[str, ...]
    """Our numbers of the transactions that were closed."""


FIELDS = Change.__struct_fields__
_known = and_(_m.report_complete == 1, _m.report_at > _c.at, stations.c.ocpp_version == _c.now)
_DUE = Statement(
    select(*(_c[name] for name in FIELDS), case((_known, 1), else_=0))
    .join_from(version_changes, stations, stations.c.id == _c.station_id)
    .outerjoin(device_models, _m.station_id == _c.station_id)
    .where(_c.state == fixed("open"), or_(_known, _c.at <= bindparam("before")))
    .order_by(_c.id)
    .limit(AT_ONCE)
)
_NEW = Statement(insert(version_changes).values({c.name: bindparam(c.name) for c in version_changes.columns}))
_OVERTAKEN = Statement(
    update(version_changes)
    .where(_c.station_id == bindparam("station"), _c.state == fixed("open"))
    .values(state=bindparam("following"))
)
_ENDED = Statement(
    update(version_changes)
    .where(_c.id == bindparam("which"), _c.state == fixed("open"))
    .values(state=bindparam("following"), fates=bindparam("told"), command_id=bindparam("command"),
            done_at=bindparam("at"))
    .returning(_c.id)
)  # fmt: skip
_PREFERRING = Statement(
    update(stations)
    .where(stations.c.id == bindparam("station"))
    .values(capabilities=bindparam("said"), version=stations.c.version + 1)
)
_settings = msgspec.json.Decoder(tuple[Setting, ...]).decode


class Waiting(Struct, frozen=True):
    """An open change, and whether the model of the new version is known."""

    change: Change
    known: bool


def change_of(row: Row) -> Change:
    fields: dict[str, Any] = dict(zip(FIELDS, row, strict=False))
    ended = msgspec.json.decode(fields["ended"], type=tuple[str, ...])
    return Change(**fields | {"kept": _settings(fields["kept"]), "ended": ended})


def preferring(station_id: int, capabilities: Mapping[str, Any]) -> Changed:
    """What is said of the station's capabilities from now on; in `ocpp_versions`, what is spoken where it can."""
    return _PREFERRING, {"station": station_id, "said": encode(capabilities)}


async def due(db: Db, before: int) -> list[Waiting]:
    """The open changes whose new model is known, or that are from `before`; some of them, the oldest first."""
    return [Waiting(change_of(row), bool(row[-1])) for row in await db.fetch_many(_DUE, before=before)]


def begun(one: Change) -> list[Changed]:
    """A station came back with another version; what waited for it in the one before waits no more."""
    row = {name: getattr(one, name) for name in FIELDS}
    row |= {"kept": encode(one.kept), "ended": encode(one.ended), "fates": None, "command_id": None, "done_at": None}
    return [(_OVERTAKEN, {"station": one.station_id, "following": "overtaken"}), (_NEW, row)]


def ended(id: int, state: State, fates: Sequence[Fate], command_id: str | None, at: int) -> Changed:
    """What became of the settings; only of a change that is open."""
    return _ENDED, {"which": id, "following": state, "told": encode(fates), "command": command_id, "at": at}
