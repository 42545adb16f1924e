"""How the renewals of a fleet stand."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.renewal import Step
from ohmstead.store.certificates import Use
from ohmstead.store.db import Db, Tx
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import certificates, renewals, signing_requests, stations

AT_ONCE = 500
AT_WORK = ("asked", "signing", "installing")
"""States in which a renewal takes one of the places that there are at once."""
_c, _r, _s, _q = certificates.c, renewals.c, stations.c, signing_requests.c
_later = certificates.alias("later")


class Due(NamedTuple):
    """A certificate of a station that comes to its end, and what was done about it."""

    certificate_id: int
    tenant_id: int
    station_id: int
    serial_number: str
    not_before: int
    not_after: int
    created_at: int
    use: Use
    secc: str
    """Towards vehicles, whom it is for: the certificate's type and its SECC."""
    identity: str
    site_id: int | None
    connected_since: int | None
    allow_expired: int
    renewed: int | None
    """None: nothing was done about it yet."""
    attempts: int | None
    asked_at: int | None
    warned: int | None
    due_at: int | None
    state: str | None
    """How the renewal stood when it was looked at last."""


IN_USE = and_(_c.state == fixed("seen"), _c.use == fixed("charging_station"), _c.revoked_at.is_(None))
"""A certificate that its station comes in with."""
_newest = ~exists().where(
    _later.c.station_id == _c.station_id, _later.c.use == _c.use, _later.c.state == fixed("seen"),
    _later.c.revoked_at.is_(None), _later.c.not_after > _c.not_after,
)  # fmt: skip
CURRENT = and_(IN_USE, _newest)
"""Of several the one that ends last."""
_SHOWN_TO_VEHICLES = and_(
    _c.use == fixed("v2g"), _c.state == fixed("installed"), _c.secc != literal_column("''"), _c.revoked_at.is_(None),
    ~exists().where(
        _later.c.station_id == _c.station_id, _later.c.secc == _c.secc, _later.c.state == fixed("installed"),
        _later.c.revoked_at.is_(None), _later.c.not_after > _c.not_after,
    ),
)  # fmt: skip
_rows = select(
    _c.id, _c.tenant_id, _c.station_id, _c.serial_number, _c.not_before, _c.not_after, _c.created_at, _c.use,
    _c.secc, _s.identity, _s.site_id, _s.connected_since, _s.allow_expired_certificate, _r.certificate_id,
    _r.attempts, _r.asked_at, _r.warned, _r.due_at, _r.state,
).select_from(
    certificates.join(stations, _s.id == _c.station_id).outerjoin(renewals, _r.certificate_id == _c.id)
)  # fmt: skip
_OF = Statement(_rows.where(_c.id == bindparam("which")))
_DUE = Statement(
    _rows.where(or_(CURRENT, _SHOWN_TO_VEHICLES), _s.archived_at.is_(None), _c.not_after < bindparam("horizon"))
    .where(or_(_r.certificate_id.is_(None), _r.due_at <= bindparam("now")))
    .order_by(_c.not_after)
    .limit(AT_ONCE)
)  # fmt: skip
_SINCE = Statement(
    select(_c.state, _c.created_at)
    .where(_c.station_id == bindparam("station"), _c.created_at > bindparam("since"), _c.issued_by.is_not(None))
    .where(_c.use == bindparam("what"), _c.secc == bindparam("whom"))
    .where(_c.state.in_(("issued", "sent", "installed", "failed")))
    .order_by(_c.id.desc())
    .limit(1)
)
_REQUEST = Statement(
    select(_q.state, _q.reason)
    .where(_q.station_id == bindparam("station"), _q.created_at >= bindparam("since"))
    .where(_q.use == bindparam("what"), _q.subject == bindparam("whom"))
    .order_by(_q.id.desc())
    .limit(1)
)
_IN_FLIGHT = Statement(
    select(_s.site_id, func.count())
    .select_from(renewals.join(stations, _s.id == _r.station_id))
    .where(_r.state.in_(AT_WORK), _r.updated_at > bindparam("since"))
    .where(or_(_r.state != fixed("installing"), _s.connected_since.is_not(None)))  # who is away takes nobody's place
    .group_by(_s.site_id)
)
_row = insert(renewals).values({column.name: bindparam(column.name) for column in renewals.columns})
_changed = {one.name: _row.excluded[one.name] for one in renewals.c if not one.primary_key and one.name != "tenant_id"}
_PUT = Statement(
    _row.on_conflict_do_update(
        index_elements=["certificate_id"],
        set_=_changed,
        where=_r.due_at <= bindparam("now"),
    ).returning(_r.station_id)
)
_WANTED = Statement(
    _row.on_conflict_do_update(
        index_elements=["certificate_id"],
        set_=_changed,
    )
)


_OVER = Statement(
    select(_r.station_id, _r.certificate_id)
    .select_from(renewals.join(certificates, _c.id == _r.certificate_id))
    .where(_c.state.in_(("retired", "revoked")))
    .limit(AT_ONCE)
)
_DONE = Statement(
    delete(renewals).where(_r.station_id == bindparam("station"), _r.certificate_id == bindparam("which"))
)


async def over(db: Db) -> list[tuple[int, int]]:
    """(station, certificate) of those whose certificate is in use no more: another one took its place."""
    return [(row[0], row[1]) for row in await db.fetch_many(_OVER)]


async def done(tx: Tx, station_id: int, certificate_id: int) -> None:
    """Nothing is left to be done about it."""
    await tx.execute(_DONE, station=station_id, which=certificate_id)


async def due(db: Db, now: int, horizon: int) -> list[Due]:
    """Those to be looked at now whose certificate ends before `horizon`, the first to end first."""
    return [Due(*row) for row in await db.fetch_many(_DUE, now=now, horizon=horizon)]


async def of_certificate(db: Db, id: int) -> Due:
    """The same of one certificate, due or not. Raises LookupError."""
    rows = await db.fetch(_OF, which=id)
    if not rows:
        raise LookupError(id)
    return Due(*rows[0])


async def successor(db: Db, one: Due) -> tuple[str | None, int | None]:
    """State and time of the newest certificate that was issued since in its place."""
    rows = await db.fetch(_SINCE, station=one.station_id, since=one.created_at, what=one.use, whom=one.secc)
    return (rows[0][0], rows[0][1]) if rows else (None, None)


async def request(db: Db, one: Due) -> tuple[str | None, str | None]:
    """State and trouble of the newest signing request of the station since it was asked."""
    since = one.asked_at or one.created_at
    rows = await db.fetch(_REQUEST, station=one.station_id, since=since, what=one.use, whom=one.secc)
    return (rows[0][0], rows[0][1]) if rows else (None, None)


async def in_flight(db: Db, since: int) -> dict[int | None, int]:
    """How many stations of each site are at work, and were looked at since then."""
    return {row[0]: int(row[1]) for row in await db.fetch_many(_IN_FLIGHT, since=since)}


async def put(tx: Tx, one: Due, step: Step, attempts: int, asked_at: int | None, warned: int | None, now: int) -> bool:
    """How it stands now; False when another process was faster."""
    return bool(await tx.fetch(_PUT, now=now, **_fields(one, step, attempts, asked_at, warned, now)))


async def want(tx: Tx, one: Due, step: Step, attempts: int, now: int) -> None:
    """Somebody wants it now, whatever stood there."""
    await tx.execute(_WANTED, **_fields(one, step, attempts, now, one.warned, now))


def _fields(one: Due, step: Step, attempts: int, asked_at: int | None, warned: int | None, now: int) -> dict[str, Any]:
    return {
        "station_id": one.station_id, "tenant_id": one.tenant_id, "certificate_id": one.certificate_id,
        "state": step.state, "reason": step.reason, "attempts": attempts, "asked_at": asked_at, "due_at": step.due_at,
        "warned": warned, "updated_at": now,
    }  # fmt: skip
