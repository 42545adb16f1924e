"""What stations ask to be signed: a queue on disk, so that a CA that is slow or dead loses nothing.

waiting -- signed --> issued
   |  '-- the CA does not give it --> failed
   '-- the station sent a newer one --> replaced
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from sqlalchemy import bindparam, insert, literal_column, select, update

from ohmstead.store.certificates import Use
from ohmstead.store.db import Db, Tx, Write
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import certificates, signing_requests, stations

AT_ONCE = 200
LEASE = 120_000_000
"""Microseconds that one who signs has before somebody else tries."""

_r, _c = signing_requests.c, certificates.c


class SigningRequest(NamedTuple):
    """A row, as the station and the CA need it."""

    id: int
    tenant_id: int
    station_id: int
    use: Use
    certificate_type: str | None
    """As the station said it; None: it did not, which means both uses."""
    request_id: int | None
    """OCPP 2.1."""
    csr: str
    """PEM."""
    csr_sha256: str
    """Of the DER."""
    state: Literal["waiting", "issued", "replaced", "failed"]
    attempts: int
    certificate_id: int | None
    subject: str = ""
    """Towards vehicles, whom it is for: the certificate's type and its SECC."""


class Given(NamedTuple):
    """The certificate that came of a request."""

    id: int
    state: str
    not_before: int
    not_after: int


_row = select(*(_r[name] for name in SigningRequest._fields))
_NEWEST = Statement(
    _row.where(_r.station_id == bindparam("station"), _r.use == bindparam("what"), _r.subject == bindparam("whom"))
    .order_by(_r.id.desc())
    .limit(1)
)
_ONE = Statement(_row.where(_r.station_id == bindparam("station"), _r.id == bindparam("which")))
_DUE = Statement(
    _row.where(_r.state == fixed("waiting"), _r.use == bindparam("what"), _r.due_at <= bindparam("now"))
    .order_by(_r.due_at)
    .limit(AT_ONCE)
)
_GIVEN = Statement(select(*(_c[name] for name in Given._fields)).where(_c.id == bindparam("which")))
_NEW = Statement(insert(signing_requests).values({one.name: bindparam(one.name) for one in signing_requests.columns}))
_SAID_AGAIN = Statement(
    update(signing_requests)
    .where(_r.id == bindparam("which"))
    .values(certificate_type=bindparam("said_type"), request_id=bindparam("said_id"), updated_at=bindparam("at"))
)
_REPLACED = Statement(
    update(signing_requests)
    .where(_r.id == bindparam("which"), _r.state.in_(("waiting", "issued")))
    .values(state="replaced", reason="the station sent a newer request", updated_at=bindparam("at"))
)
_UNSENT = Statement(
    update(certificates)
    .where(_c.id == bindparam("which"), _c.state == fixed("issued"))
    .values(state="retired", retired_at=bindparam("at"), reason="the station sent a newer request before it got this")
)
_WAITING = (_r.id == bindparam("which"), _r.state == fixed("waiting"))
_TAKEN = Statement(
    update(signing_requests)
    .where(*_WAITING, _r.due_at <= bindparam("now"))
    .values(due_at=bindparam("until"), attempts=_r.attempts + 1)
    .returning(_r.id)
)
_LATER = Statement(
    update(signing_requests)
    .where(*_WAITING)
    .values(due_at=bindparam("until"), reason=bindparam("why"), updated_at=bindparam("at"))
)
_ENDED = Statement(
    update(signing_requests)
    .where(*_WAITING)
    .values(
        state=bindparam("following"), reason=bindparam("why"), certificate_id=bindparam("given"),
        updated_at=bindparam("at"),
    )
    .returning(_r.id)
)  # fmt: skip
_HELD = Statement(
    select(stations.c.identity)
    .select_from(
        signing_requests.join(certificates, _c.id == _r.certificate_id).join(stations, stations.c.id == _r.station_id)
    )
    .where(_r.tenant_id == bindparam("tenant"), _r.subject == bindparam("whom"), _r.subject != literal_column("''"))
    .where(_c.revoked_at.is_(None), _c.not_after > bindparam("now"))
    .order_by(_r.id.desc())
    .limit(1)
)
_OWNER = Statement(select(stations.c.identity).where(stations.c.id == bindparam("station")))


async def newest(db: Db, station_id: int, use: Use, subject: str = "") -> SigningRequest | None:
    """The last request of this station for this use and subject."""
    rows = await db.fetch(_NEWEST, station=station_id, what=use, whom=subject)
    return SigningRequest(*rows[0]) if rows else None


async def held_by(db: Db, tenant_id: int, subject: str, now: int) -> str | None:
    """The station that got the last certificate for this subject, while that one is neither over nor revoked."""
    rows = await db.fetch(_HELD, tenant=tenant_id, whom=subject, now=now)
    return str(rows[0][0]) if rows else None


async def find(db: Db, station_id: int, id: int) -> SigningRequest | None:
    rows = await db.fetch(_ONE, station=station_id, which=id)
    return SigningRequest(*rows[0]) if rows else None


async def given(db: Db, certificate_id: int) -> Given | None:
    """The certificate of this number."""
    rows = await db.fetch(_GIVEN, which=certificate_id)
    return Given(*rows[0]) if rows else None


def write_new(write: Write, one: SigningRequest, now: int) -> None:
    row: dict[str, Any] = one._asdict() | {"due_at": now, "reason": None, "created_at": now, "updated_at": now}
    write.execute(_NEW, **row)


def write_said_again(write: Write, id: int, certificate_type: str | None, request_id: int | None, now: int) -> None:
    """The same request came again: what goes back with its certificate is what was said last."""
    write.execute(_SAID_AGAIN, which=id, said_type=certificate_type, said_id=request_id, at=now)


def write_replaced(write: Write, one: SigningRequest, now: int) -> None:
    """A newer one came: nothing is signed for this any more, and what was signed but not sent is not sent."""
    write.execute(_REPLACED, which=one.id, at=now)
    if one.certificate_id is not None:
        write.execute(_UNSENT, which=one.certificate_id, at=now)


async def due(db: Db, use: str, now: int) -> list[SigningRequest]:
    """Those for this use to be tried now, the longest due first."""
    return [SigningRequest(*row) for row in await db.fetch_many(_DUE, what=use, now=now)]


async def take(db: Db, one: SigningRequest, now: int) -> bool:
    """Have it for a while; False when another process was faster."""
    async with db.transaction() as tx:
        return bool(await tx.fetch(_TAKEN, which=one.id, now=now, until=now + LEASE))


async def later(db: Db, id: int, until: int, reason: str, now: int) -> None:
    """Try it again at `until`."""
    async with db.transaction() as tx:
        await tx.execute(_LATER, which=id, until=until, why=reason, at=now)


async def end(
    tx: Tx, id: int, state: str, now: int, *, reason: str | None = None, certificate: int | None = None
) -> bool:
    """It came to this; False when it was replaced meanwhile."""
    return bool(await tx.fetch(_ENDED, which=id, following=state, why=reason, given=certificate, at=now))


async def identity_of(db: Db, station_id: int) -> str:
    """The station's name."""
    return str((await db.fetch(_OWNER, station=station_id))[0][0])
