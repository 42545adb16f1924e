"""Certificates of stations: which are known, which were revoked, which was shown; and further trusted authorities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import and_, bindparam, case, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from ohmstead.domain.certificates import Accepted, Revoked
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Write
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import certificate_authorities, certificates, stations

TRUST_TOPIC = "trust"
"""Rung when an authority was added or removed."""

MOST_SIGNERS = 8
"""Keys that are tried for a message that does not name its own."""

_c, _a = certificates.c, certificate_authorities.c


Use = Literal["charging_station", "v2g"]


class Known(Struct, frozen=True):
    """A certificate as far as the door needs it."""

    tenant_id: int
    authority_key: str
    serial_number: str
    seen_at: int | None
    revoked_at: int | None
    station_id: int = 0
    use: str = "charging_station"
    issued_by: str | None = None
    """Which issuer of ours gave it; None: we only saw it."""
    spoke_at: int | None = None
    retired_at: int | None = None


WITH_SERIAL = Statement(
    select(*(_c[name] for name in Known.__struct_fields__)).where(_c.serial_number == bindparam("serial"))
)
_shown = upsert(certificates).values({column.name: bindparam(column.name) for column in certificates.columns})
SHOWN = Statement(
    _shown.on_conflict_do_update(
        index_elements=["tenant_id", "authority_key", "serial_number"],
        set_={
            "seen_at": _shown.excluded.seen_at,
            "chain": func.coalesce(_c.chain, _shown.excluded.chain),
            "state": case(
                (or_(_c.revoked_at.is_not(None), _c.retired_at.is_not(None)), _c.state), else_=_shown.excluded.state
            ),
        },
    )
)
_OWN = and_(_c.tenant_id == bindparam("tenant"), _c.station_id == bindparam("station"))
SPOKE = Statement(
    update(certificates)
    .where(_OWN, _c.authority_key == bindparam("authority"), _c.serial_number == bindparam("serial"))
    .values(spoke_at=bindparam("at"))
)
_newer = (
    select(_c.created_at)
    .where(_OWN, _c.authority_key == bindparam("authority"), _c.serial_number == bindparam("serial"))
    .scalar_subquery()
)
RETIRED = Statement(
    update(certificates)
    .where(_OWN, _c.use == fixed("charging_station"), _c.revoked_at.is_(None), _c.retired_at.is_(None))
    .where(or_(_c.authority_key != bindparam("authority"), _c.serial_number != bindparam("serial")))
    .where(or_(_c.seen_at.is_not(None), _c.created_at < _newer))
    .values(state="retired", retired_at=bindparam("at"), reason=bindparam("why"))
)
AUTHORITIES = Statement(
    select(_a.id, _a.tenant_id, _a.certificate, _a.uses).where(_a.removed_at.is_(None)).order_by(_a.id)
)


_by_print = and_(_OWN, _c.sha256 == bindparam("sha256"))
_SENT = Statement(update(certificates).where(_by_print, _c.state == fixed("issued")).values(state="sent"))
_TAKEN = Statement(
    update(certificates)
    .where(_by_print, _c.state.in_(("issued", "sent", "failed")))
    .values(state="installed", reason=None)
)
_others = certificates.alias("others")
_SUCCEEDED = Statement(
    update(certificates)
    .where(_OWN, _c.use == fixed("v2g"), _c.sha256 != bindparam("sha256"), _c.state == fixed("installed"))
    .where(
        _c.secc != literal_column("''"),
        _c.secc.in_(select(_others.c.secc).where(
            _others.c.station_id == bindparam("station"), _others.c.sha256 == bindparam("sha256")
        )),
    )
    .values(state="retired", retired_at=bindparam("at"), reason="the station has accepted another one for this SECC")
)  # fmt: skip
_NOT_TAKEN = Statement(
    update(certificates)
    .where(_by_print, _c.state.in_(("issued", "sent")))
    .values(state="failed", reason=bindparam("why"))
)
_ANY = Statement(select(_c.id, _c.use, _c.serial_number, _c.chain, _c.state, _c.sha256).where(_by_print))
_MINE = Statement(
    select(_c.id, _c.use, _c.serial_number, _c.chain, _c.state, _c.sha256).where(_OWN, _c.id == bindparam("which"))
)


class Mine(NamedTuple):
    """A certificate of one station, to be handed to it."""

    id: int
    use: Use
    serial_number: str
    chain: str | None
    state: str
    sha256: str


async def of_station(
    db: Db, tenant_id: int, station_id: int, *, id: int | None = None, sha256: str | None = None
) -> Mine | None:
    """A certificate of this station, by our number or by its fingerprint."""
    if id is not None:
        rows = await db.fetch(_MINE, tenant=tenant_id, station=station_id, which=id)
    else:
        rows = await db.fetch(_ANY, tenant=tenant_id, station=station_id, sha256=sha256)
    return Mine(*rows[0]) if rows else None


def sent(tenant_id: int, station_id: int, sha256: str) -> Changed:
    """It is on its way to the station."""
    return _SENT, {"tenant": tenant_id, "station": station_id, "sha256": sha256}


def taken(tenant_id: int, station_id: int, sha256: str) -> Changed:
    """The station accepted it."""
    return _TAKEN, {"tenant": tenant_id, "station": station_id, "sha256": sha256}


def succeeded(tenant_id: int, station_id: int, sha256: str, now: int) -> Changed:
    """It takes the place of those that the station showed vehicles for the same SECC; others it leaves alone."""
    return _SUCCEEDED, {"tenant": tenant_id, "station": station_id, "sha256": sha256, "at": now}


def not_taken(tenant_id: int, station_id: int, sha256: str, why: str) -> Changed:
    """The station did not accept it."""
    return _NOT_TAKEN, {"tenant": tenant_id, "station": station_id, "sha256": sha256, "why": why}


async def with_serial(db: Db, serial_number: str) -> list[Known]:
    """The certificates of all tenants with this serial number; authorities give the same one now and then."""
    return [Known(*row) for row in await db.fetch(WITH_SERIAL, serial=serial_number)]


class Signer(Struct, frozen=True):
    """A certificate of a station, as far as its signatures need it."""

    not_before: int
    not_after: int
    revoked_at: int | None
    chain: str | None
    """PEM, its own first; None for those that came in before chains were kept."""


_signers = (
    select(*(_c[name] for name in Signer.__struct_fields__))
    .where(_c.tenant_id == bindparam("tenant"), _c.station_id == bindparam("station"))
    .where(_c.use == fixed("charging_station"))
)
SIGNER = Statement(_signers.where(_c.sha256 == bindparam("sha256")))
SIGNERS = Statement(_signers.where(_c.revoked_at.is_(None)).order_by(_c.id.desc()).limit(MOST_SIGNERS))


USABLE = Statement(
    select(_c.id)
    .where(_c.tenant_id == bindparam("tenant"), _c.station_id == bindparam("station"))
    .where(_c.use == fixed("charging_station"), _c.revoked_at.is_(None), _c.not_after > bindparam("at"))
    .where(_c.state.in_(["issued", "sent", "installed", "seen"]))
    .limit(1)
)


_TAKEN_SINCE = Statement(
    select(func.max(_c.created_at))
    .where(_c.tenant_id == bindparam("tenant"), _c.station_id == bindparam("station"))
    .where(_c.use == fixed("charging_station"), _c.state == fixed("installed"), _c.issued_by.is_not(None))
)
_CHAINS = Statement(
    select(_c.chain)
    .where(_c.tenant_id == bindparam("tenant"), _c.serial_number == bindparam("serial"), _c.chain.is_not(None))
    .limit(MOST_SIGNERS)
)


async def chains(db: Db, tenant_id: int, serial_number: str) -> list[str]:
    """PEM, leaf first, of the certificates with this serial number that have one."""
    return [row[0] for row in await db.fetch(_CHAINS, tenant=tenant_id, serial=serial_number)]


async def has_usable(db: Db, tenant_id: int, station_id: int, at: int) -> bool:
    """Whether the station has, as far as is known, a client certificate to come in with at this time."""
    return bool(await db.fetch(USABLE, tenant=tenant_id, station=station_id, at=at))


async def awaited(db: Db, tenant_id: int, station_id: int) -> int | None:
    """When the newest certificate was issued that the station has accepted and did not come in with yet."""
    (row,) = await db.fetch(_TAKEN_SINCE, tenant=tenant_id, station=station_id)
    return None if row[0] is None else int(row[0])


_ISSUED = Statement(
    select(_c.id)
    .where(_c.tenant_id == bindparam("tenant"), _c.station_id == bindparam("station"))
    .where(_c.use == fixed("charging_station"), _c.issued_by.is_not(None))
    .limit(1)
)


async def has_ours(db: Db, tenant_id: int, station_id: int) -> bool:
    """Whether we ever issued a client certificate to the station."""
    return bool(await db.fetch(_ISSUED, tenant=tenant_id, station=station_id))


async def signers(db: Db, tenant_id: int, station_id: int, sha256: str | None) -> list[Signer]:
    """The station's certificate with this fingerprint; without one all that may have signed, the newest first."""
    if sha256 is None:
        rows = await db.fetch(SIGNERS, tenant=tenant_id, station=station_id)
    else:
        rows = await db.fetch(SIGNER, tenant=tenant_id, station=station_id, sha256=sha256)
    return [Signer(*row) for row in rows]


def revoked_in(tenant_id: int, known: Iterable[Known]) -> Revoked:
    """What of these the tenant has revoked, as the rules want it."""
    revoked: dict[str, set[str]] = {}
    for one in known:
        if one.tenant_id == tenant_id and one.revoked_at is not None:
            revoked.setdefault(one.authority_key, set()).add(one.serial_number)
    return revoked


async def station_authorities(db: Db) -> list[tuple[int, int, str]]:
    """(id, tenant, PEM) of each further authority that is trusted for certificates of stations."""
    rows = await db.fetch_many(AUTHORITIES)
    return [(row[0], row[1], row[2]) for row in rows if "station" in msgspec.json.decode(row[3])]


class Followers(NamedTuple):
    """Stations that come in with certificates which one CA has signed."""

    authority_key: str
    chain: str
    """Of one of them, PEM, its own first."""
    stations: int
    example: str


_FOLLOWERS = Statement(
    select(_c.authority_key, func.max(_c.chain), func.count(_c.station_id.distinct()), func.min(stations.c.identity))
    .join_from(certificates, stations, stations.c.id == _c.station_id)
    .where(_c.tenant_id == bindparam("tenant"), _c.use == fixed("charging_station"), _c.state == fixed("seen"))
    .where(_c.chain.is_not(None), stations.c.archived_at.is_(None), stations.c.security_profile == 3)
    .group_by(_c.authority_key)
)


async def followers(db: Db, tenant_id: int) -> list[Followers]:
    """Who comes in with certificates, by the CA that signed them."""
    return [Followers(*row) for row in await db.fetch_many(_FOLLOWERS, tenant=tenant_id)]


async def manufacturers(db: Db, tenant_id: int) -> list[str]:
    """PEM of each authority that is trusted to sign firmware."""
    rows = await db.fetch_many(AUTHORITIES)
    return [row[2] for row in rows if row[1] == tenant_id and "manufacturer" in msgspec.json.decode(row[3])]


def write_shown(write: Write, number: int, accepted: Accepted, chain: str, at: int) -> None:
    """A station came in with this certificate (`chain`: PEM); one that others issued is kept under `number`."""
    one = accepted.certificate
    write.execute(
        SHOWN,
        id=number,
        tenant_id=write.tenant_id,
        station_id=write.station_id,
        use="charging_station",
        subject=one.subject,
        issuer=one.issuer,
        authority_key=accepted.authority,
        serial_number=one.serial_number,
        sha256=one.sha256,
        not_before=one.not_before,
        not_after=one.not_after,
        state="seen",
        created_at=at,
        seen_at=at,
        chain=chain,
        secc="",
        **dict.fromkeys(
            ("reason", "csr_sha256", "issued_by", "revoked_at", "revocation_reason", "spoke_at", "retired_at")
        ),
    )


def write_spoke(write: Write, accepted: Accepted, at: int) -> None:
    """The station said something through a certificate that we issued: those it came in with before, and those issued
    before, are retired."""
    own: dict[str, Any] = {
        "tenant": write.tenant_id,
        "station": write.station_id,
        "authority": accepted.authority,
        "serial": accepted.certificate.serial_number,
        "at": at,
    }
    write.execute(SPOKE, **own)
    why = f"its station came in with {accepted.certificate.serial_number}"
    write.execute(RETIRED, **own, why=why)
