"""Charging profiles on disk: what a station has, as far as it said or accepted; and limits that others gave it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.profiles import Profile, Schedule
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, encode
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import charging_profiles, external_limits, profile_reports

OURS = "CSO"
"""The source of the profiles that a CSMS sets (ChargingLimitSourceEnumType)."""
FOREVER = 2**62

_p, _r, _l = charging_profiles.c, profile_reports.c, external_limits.c
_OWN = _p.station_id == bindparam("station")
_ONE = _p.profile_id == bindparam("which")
_LOAD = Statement(
    select(_p.body, _p.source, _p.state, _p.wanted, _p.updated_at).where(_OWN).order_by(_p.evse_id, _p.profile_id)
)
_row = insert(charging_profiles).values({column.name: bindparam(column.name) for column in charging_profiles.columns})
_ASK = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "profile_id"], set_={name: _row.excluded[name] for name in ("wanted",)}
    )
)
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["station_id", "profile_id"],
        set_={name: _row.excluded[name] for name in ("evse_id", "source", "state", "body", "wanted", "updated_at")},
    )
)
_DROP = Statement(delete(charging_profiles).where(_OWN, _ONE))
_DROP_ASKED = Statement(delete(charging_profiles).where(_OWN, _ONE, _p.state == fixed("asked")))
_KEEP = Statement(update(charging_profiles).where(_OWN, _ONE).values(wanted=None))
_OLD = Statement(
    delete(charging_profiles).where(_OWN, _p.updated_at < bindparam("before"), _p.state == fixed("installed"))
)
_report = insert(profile_reports).values({column.name: bindparam(column.name) for column in profile_reports.columns})
_REPORT = Statement(_report.on_conflict_do_nothing())
_OF_REPORT = _r.station_id == bindparam("station"), _r.request_id == bindparam("request")
_FIND_REPORT = Statement(select(_r.full, _r.asked_at).where(*_OF_REPORT))
_DROP_REPORT = Statement(delete(profile_reports).where(*_OF_REPORT))
_limit = insert(external_limits).values({column.name: bindparam(column.name) for column in external_limits.columns})
_LIMIT = Statement(
    _limit.on_conflict_do_update(
        index_elements=["station_id", "evse_id", "source"],
        set_={name: _limit.excluded[name] for name in ("grid_critical", "body", "since")},
    )
)
_LIMITS = Statement(
    select(_l.evse_id, _l.source, _l.grid_critical, _l.body, _l.since)
    .where(_l.station_id == bindparam("station"))
    .order_by(_l.evse_id, _l.source)
)
_NO_LIMIT = Statement(
    delete(external_limits).where(
        _l.station_id == bindparam("station"), _l.source == bindparam("whose"),
        (_l.evse_id == bindparam("evse")) | (bindparam("evse") == 0),
    )
)  # fmt: skip
_profile = msgspec.json.Decoder(Profile)
_schedules = msgspec.json.Decoder(tuple[Schedule, ...])


class Held(NamedTuple):
    """A profile that a station has. `wanted` is what it was sent last and did not answer yet."""

    profile: Profile
    source: str
    state: str
    wanted: Profile | None
    updated_at: int


class Limit(NamedTuple):
    """A limit from somebody else, NotifyChargingLimit; EVSE 0 is the station."""

    evse_id: int
    source: str
    grid_critical: bool | None
    schedules: tuple[Schedule, ...]
    since: int


async def load(db: Db, station_id: int) -> list[Held]:
    """All profiles of a station."""
    rows = await db.fetch(_LOAD, station=station_id)
    return [
        Held(_profile.decode(body), source, state, None if wanted is None else _profile.decode(wanted), at)
        for body, source, state, wanted, at in rows
    ]


def profiles_of(held: Iterable[Held]) -> list[Profile]:
    """The profiles alone."""
    return [one.profile for one in held]


def asked(tenant_id: int, station_id: int, profile: Profile, now: int) -> Changed:
    """It is about to be sent: from now on the station may have it."""
    row = _fields(tenant_id, station_id, profile, OURS, now) | {"state": "asked", "wanted": encode(profile)}
    return _ASK, row


def installed(tenant_id: int, station_id: int, profile: Profile, source: str, now: int) -> Changed:
    """The station has it."""
    return _PUT, _fields(tenant_id, station_id, profile, source, now) | {"state": "installed", "wanted": None}


def refused(station_id: int, profile_id: int) -> list[Changed]:
    """The station did not take it: one of that number from before stays as it was."""
    which = {"station": station_id, "which": profile_id}
    return [(_DROP_ASKED, which), (_KEEP, which)]


def dropped(station_id: int, ids: Iterable[int]) -> list[Changed]:
    """The station has these no more."""
    return [(_DROP, {"station": station_id, "which": id}) for id in ids]


def _fields(tenant_id: int, station_id: int, profile: Profile, source: str, now: int) -> dict[str, Any]:
    return {
        "station_id": station_id, "profile_id": profile.id, "tenant_id": tenant_id, "evse_id": profile.evse_id,
        "source": source, "body": encode(profile), "updated_at": now,
    }  # fmt: skip


# ---------------------------------------------------------------------- reports


def report_asked(tenant_id: int, station_id: int, request_id: int, full: bool, now: int) -> Changed:
    """A report is about to be asked for; `full`: of all profiles."""
    row = {"station_id": station_id, "request_id": request_id, "tenant_id": tenant_id, "full": int(full)}
    return _REPORT, row | {"asked_at": now}


async def find_report(db: Db, station_id: int, request_id: int) -> tuple[bool, int] | None:
    """Whether a report that is under way is of all profiles, and when it was asked for."""
    rows = await db.fetch(_FIND_REPORT, station=station_id, request=request_id)
    return (bool(rows[0][0]), rows[0][1]) if rows else None


def report_over(station_id: int, request_id: int) -> Changed:
    return _DROP_REPORT, {"station": station_id, "request": request_id}


def unnamed(station_id: int, before: int = FOREVER) -> Changed:
    """What a full report did not name is gone."""
    return _OLD, {"station": station_id, "before": before}


# ---------------------------------------------------------------------- limits from others


def limited(tenant_id: int, station_id: int, limit: Limit) -> Changed:
    """Somebody else limits the station."""
    return _LIMIT, {
        "station_id": station_id, "evse_id": limit.evse_id, "source": limit.source, "tenant_id": tenant_id,
        "grid_critical": None if limit.grid_critical is None else int(limit.grid_critical),
        "body": encode(limit.schedules), "since": limit.since,
    }  # fmt: skip


def released(station_id: int, evse_id: int, source: str) -> Changed:
    """A limit is no more; for EVSE 0 those of all EVSEs."""
    return _NO_LIMIT, {"station": station_id, "evse": evse_id, "whose": source}


async def load_limits(db: Db, station_id: int) -> list[Limit]:
    rows = await db.fetch(_LIMITS, station=station_id)
    return [
        Limit(evse_id, source, None if critical is None else bool(critical), _schedules.decode(body), since)
        for evse_id, source, critical, body, since in rows
    ]
