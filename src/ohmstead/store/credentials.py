"""Passwords of stations on their way: the one that counts, the next one while nobody knows whether the station took it,
and the former one, kept for a week in case that an operator must take it back."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import bindparam, case, func, null, or_, update

from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Tx, Write
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC, Station
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations

KEPT = 7 * 86_400_000_000
"""Microseconds that a former password can be restored."""
Waits = Literal["answer", "restart"]
"""What the next password waits for: the station's answer, or its next start."""

_c = stations.c
_no_next = {"next_password_hash": null(), "next_password_waits": null()}
_this_one = (_c.id == bindparam("station"), _c.next_password_hash == bindparam("next"))
# one that was on its way already is not lost: an operator can take it back
OFFERED = Statement(
    update(stations)
    .where(_c.id == bindparam("station"))
    .values(
        next_password_hash=bindparam("next"),
        next_password_waits=bindparam("waits"),
        former_password_hash=func.coalesce(_c.next_password_hash, _c.former_password_hash),
        former_password_until=case(
            (_c.next_password_hash.is_not(None), bindparam("until")), else_=_c.former_password_until
        ),
        version=_c.version + 1,
    )
)
TAKEN = Statement(
    update(stations)
    .where(*_this_one)
    .values(
        password_hash=bindparam("next"),
        former_password_hash=_c.password_hash,
        former_password_until=bindparam("until"),
        version=_c.version + 1,
        **_no_next,
    )
    .returning(_c.id)
)
# The station's own word outweighs a socket that came meanwhile with the old password.
ACCEPTED = Statement(
    update(stations)
    .where(
        _c.id == bindparam("station"),
        or_(_c.next_password_hash == bindparam("next"), _c.former_password_hash == bindparam("next")),
    )
    .values(
        password_hash=bindparam("next"),
        former_password_hash=_c.password_hash,
        former_password_until=bindparam("until"),
        version=_c.version + 1,
        **_no_next,
    )
)
LATER = Statement(update(stations).where(*_this_one).values(next_password_waits="restart", version=_c.version + 1))
REFUSED = Statement(update(stations).where(*_this_one).values(version=_c.version + 1, **_no_next))
_kept_old = (
    update(stations)
    .where(*_this_one)
    .values(
        former_password_hash=_c.next_password_hash,
        former_password_until=bindparam("until"),
        version=_c.version + 1,
        **_no_next,
    )
)
NOT_DONE, KEPT_OLD = Statement(_kept_old), Statement(_kept_old.returning(_c.id))
RESTORED = Statement(
    update(stations)
    .where(
        _c.id == bindparam("station"),
        _c.former_password_hash.is_not(None),
        _c.former_password_until > bindparam("at"),
    )
    .values(
        password_hash=_c.former_password_hash,
        former_password_hash=_c.password_hash,
        former_password_until=bindparam("until"),
        version=_c.version + 1,
        **_no_next,
    )
    .returning(_c.id)
)
FORGOTTEN = Statement(
    update(stations)
    .where(_c.former_password_until < bindparam("at"))
    .values(former_password_hash=null(), former_password_until=null())
)


def offered(station_id: int, next_hash: str, waits: Waits, now: int) -> Changed:
    """The station is about to be told a password: from now on both are taken."""
    return OFFERED, {"station": station_id, "next": next_hash, "waits": waits, "until": now + KEPT}


def write_taken(write: Write, next_hash: str, now: int) -> None:
    """The station uses it: only the new one is taken from now on (A01.FR.03)."""
    write.execute(ACCEPTED, station=write.station_id, next=next_hash, until=now + KEPT)


def write_later(write: Write, next_hash: str) -> None:
    """The station uses it after its next start: both are taken until it comes with this one."""
    write.execute(LATER, station=write.station_id, next=next_hash)


def write_refused(write: Write, next_hash: str) -> None:
    """The station does not use it: only the old one is taken (A01.FR.04)."""
    write.execute(REFUSED, station=write.station_id, next=next_hash)


def write_not_done(write: Write, next_hash: str, now: int) -> None:
    """The station says that it could not even try: only the old one is taken, and an operator can restore this one."""
    write.execute(NOT_DONE, station=write.station_id, next=next_hash, until=now + KEPT)


async def settle(db: Db, station: Station, *, came_with_next: bool, now: int) -> bool:
    """The station came in with one of its two passwords: that one counts from now on. False when somebody else has
    settled it already."""
    async with db.transaction() as tx:
        statement = TAKEN if came_with_next else KEPT_OLD
        await tx.execute(CHANGED_ELSEWHERE, station=station.id)  # first: commits of sessions lock in this order
        settled = await tx.fetch(statement, station=station.id, next=station.next_password_hash, until=now + KEPT)
        if settled:
            tx.ring(STATION_TOPIC, str(station.id))
    return bool(settled)


async def restore(tx: Tx, station_id: int, now: int) -> bool:
    """Take back the former password; the present one becomes the former. False when there is none, or not any more."""
    await tx.execute(CHANGED_ELSEWHERE, station=station_id)  # first: commits of sessions lock in this order
    restored = await tx.fetch(RESTORED, station=station_id, at=now, until=now + KEPT)
    if restored:
        tx.ring(STATION_TOPIC, str(station_id))
    return bool(restored)


async def forget(db: Db, now: int) -> None:
    """Delete the former passwords whose time is over."""
    async with db.transaction() as tx:
        await tx.execute(FORGOTTEN, at=now)
