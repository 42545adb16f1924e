"""Certificates and authorities as the API makes, lists and revokes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, insert, literal, or_, select, update

from ohmstead.domain import certificates as rules
from ohmstead.runtime import to_datetime
from ohmstead.shapes.certificate import Authority, Certificate, PassedOn, Renewal
from ohmstead.store import revocations
from ohmstead.store.certificates import Use
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites, of_station
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC, ring_behind_gateways
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificate_authorities, certificates, external_revocations, renewals, stations

_c, _a = certificates.c, certificate_authorities.c
STUCK = ("failed", "manual", "expired")
"""States in which a renewal stands still."""
IN_RENEWAL = and_(
    _c.id.in_(select(renewals.c.certificate_id)),
    or_(
        and_(_c.use == "v2g", _c.state == "installed"),
        and_(_c.use == "charging_station", _c.state == "seen"),
    ),
)
"""In use, and near its end."""
LIST = Listing(
    select(
        certificates,
        stations.c.identity,
        renewals.c.state.label("renewal_state"),
        renewals.c.reason.label("renewal_reason"),
        external_revocations.c.state.label("passed_state"),
        external_revocations.c.reason.label("passed_reason"),
    ).select_from(
        certificates.join(stations, _c.station_id == stations.c.id)
        .outerjoin(renewals, renewals.c.certificate_id == _c.id)
        .outerjoin(external_revocations, external_revocations.c.certificate_id == _c.id)
    ),
    tenant=_c.tenant_id,
    site=stations.c.site_id,
    orders={"id": (_c.id,), "not_after": (_c.not_after, _c.id)},
    filters={
        "which": _c.id == bindparam("which"),
        "station_id": of_station(_c.station_id),
        "state": _c.state == bindparam("state"),
        "site_id": stations.c.site_id == bindparam("site_id"),
        "expires_before": _c.not_after < bindparam("expires_before"),
        "renewal_any": IN_RENEWAL,
        "renewal_stuck": and_(IN_RENEWAL, renewals.c.state.in_(STUCK)),
        "renewal_running": and_(IN_RENEWAL, renewals.c.state.not_in(STUCK)),
    },
)
AUTHORITIES = Listing(
    select(certificate_authorities).where(_a.removed_at.is_(None)),
    tenant=_a.tenant_id,
    site=None,
    orders={"id": (_a.id,)},
    filters={"key_sha256": _a.key_sha256 == bindparam("key_sha256"), "which": _a.id == bindparam("which")},
)
_ADD = Statement(insert(certificates).values({column.name: bindparam(column.name) for column in certificates.columns}))
_UNREVOKED = (_c.tenant_id == bindparam("tenant"), _c.id == bindparam("which"), _c.revoked_at.is_(None))
_QUEUE = revocations.queue_where(*_UNREVOKED)
_OWNER = Statement(select(_c.station_id).where(*_UNREVOKED))
_REVOKE = Statement(
    update(certificates)
    .where(*_UNREVOKED)
    .values(state=literal("revoked"), revoked_at=bindparam("at"), revocation_reason=bindparam("why"))
    .returning(_c.station_id)
)
_BY_AUTHORITY = _c.authority_key == bindparam("authority")
_REVOKED = Statement(
    select(_c.serial_number, _c.revoked_at, _c.revocation_reason)
    .where(_BY_AUTHORITY, _c.revoked_at.is_not(None))
    .order_by(_c.id)
)
_REVOCATION_OF = Statement(
    select(_c.revoked_at, _c.revocation_reason).where(_BY_AUTHORITY, _c.serial_number == bindparam("serial"))
)
_ADD_AUTHORITY = Statement(
    insert(certificate_authorities).values(
        {column.name: bindparam(column.name) for column in certificate_authorities.columns}
    )
)
_REMOVE_AUTHORITY = Statement(
    update(certificate_authorities)
    .where(_a.tenant_id == bindparam("tenant"), _a.id == bindparam("which"), _a.removed_at.is_(None))
    .values(removed_at=bindparam("now"))
    .returning(_a.name)
)


async def page(
    db: Db, tenant_id: int, sites: Sites, *, order: str, limit: int, cursor: Cursor | None, **filters: Any
) -> Found:
    return await LIST.page(db, tenant_id, sites, order=order, limit=limit, cursor=cursor, **filters)


async def find(db: Db, tenant_id: int, sites: Sites, id: int) -> dict[str, Any] | None:
    """The row of one certificate; None when there is none or the key may not see it."""
    found = await LIST.page(db, tenant_id, sites, order="id", limit=1, which=id)
    return found.rows[0] if found.rows else None


async def add(
    tx: Tx, tenant_id: int, id: int, station_id: int, one: rules.Certificate, *, authority: str, chain: str,
    csr_sha256: str | None, issued_by: str, now: int, use: Use = "charging_station", secc: str = "",
    retired: str | None = None,
) -> None:  # fmt: skip
    """A certificate that was just issued for a station; `retired` says why nobody waits for it any more."""
    await tx.execute(
        _ADD,
        id=id,
        tenant_id=tenant_id,
        station_id=station_id,
        use=use,
        subject=one.subject,
        issuer=one.issuer,
        authority_key=authority,
        serial_number=one.serial_number,
        sha256=one.sha256,
        not_before=one.not_before,
        not_after=one.not_after,
        state="issued" if retired is None else "retired",
        reason=retired,
        retired_at=None if retired is None else now,
        chain=chain,
        csr_sha256=csr_sha256,
        issued_by=issued_by,
        secc=secc,
        created_at=now,
        **dict.fromkeys(("seen_at", "revoked_at", "revocation_reason", "spoke_at")),
    )


async def revoke(tx: Tx, tenant_id: int, id: int, reason: str, now: int) -> bool:
    """Revoke it; the session of its station looks again whether it may stay. False when it was revoked already."""
    for (station_id,) in await tx.fetch(_OWNER, tenant=tenant_id, which=id):
        await tx.execute(CHANGED_ELSEWHERE, station=station_id)  # first: commits of sessions lock in this order
        await tx.execute(_QUEUE, tenant=tenant_id, which=id, at=now)
    revoked = await tx.fetch(_REVOKE, tenant=tenant_id, which=id, at=now, why=reason)
    for (station_id,) in revoked:
        tx.ring(STATION_TOPIC, str(station_id))
    await ring_behind_gateways(tx, tenant_id)
    return bool(revoked)


async def revoked(db: Db, authority: str) -> list[tuple[str, int, str | None]]:
    """(serial number, when, why) of all that this CA issued and somebody revoked, whoever's they are."""
    return [(row[0], row[1], row[2]) for row in await db.fetch_many(_REVOKED, authority=authority)]


async def revocation_of(db: Db, authority: str, serial_number: str) -> tuple[int | None, str | None] | None:
    """When and why it was revoked, (None, None) if it was not; None when this CA did not issue it."""
    rows = await db.fetch(_REVOCATION_OF, authority=authority, serial=serial_number)
    return (rows[0][0], rows[0][1]) if rows else None


def form(row: Mapping[str, Any]) -> Certificate:
    """The certificate as the API shows it."""
    return Certificate(
        id=str(row["id"]),
        station_id=row["identity"],
        use=row["use"],
        serial_number=row["serial_number"],
        sha256=row["sha256"],
        subject=row["subject"],
        issuer=row["issuer"],
        not_before=to_datetime(row["not_before"]),
        not_after=to_datetime(row["not_after"]),
        state=row["state"],
        reason=row["reason"],
        created_at=to_datetime(row["created_at"]),
        seen_at=None if row["seen_at"] is None else to_datetime(row["seen_at"]),
        revoked_at=None if row["revoked_at"] is None else to_datetime(row["revoked_at"]),
        revocation_reason=row["revocation_reason"],
        renewal=_renewal(row),
        passed_on=_passed_on(row),
    )


def _passed_on(row: Mapping[str, Any]) -> PassedOn | None:
    state = row.get("passed_state")
    return None if state is None else PassedOn(state=state, reason=row["passed_reason"])


def _renewal(row: Mapping[str, Any]) -> Renewal | None:
    if row["renewal_state"] is None or row["state"] != ("installed" if row["use"] == "v2g" else "seen"):
        return None
    return Renewal(state=row["renewal_state"], reason=row["renewal_reason"])


# ---------------------------------------------------------------------- authorities


async def authorities(db: Db, tenant_id: int, *, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    """Those that the tenant added, and did not remove."""
    return await AUTHORITIES.page(db, tenant_id, None, order="id", limit=limit, cursor=cursor, **filters)


async def add_authority(
    tx: Tx, tenant_id: int, id: int, one: rules.Certificate, *, name: str, pem: str, uses: list[str], now: int
) -> None:
    await tx.execute(
        _ADD_AUTHORITY,
        id=id,
        tenant_id=tenant_id,
        name=name,
        certificate=pem,
        subject=one.subject,
        key_sha256=one.key_sha256,
        sha256=one.sha256,
        uses=encode(uses),
        not_after=one.not_after,
        created_at=now,
        removed_at=None,
    )


async def remove_authority(tx: Tx, tenant_id: int, id: int, now: int) -> bool:
    """Trust it no more; False where it was not."""
    return bool(await tx.fetch(_REMOVE_AUTHORITY, tenant=tenant_id, which=id, now=now))


def authority_form(row: Mapping[str, Any]) -> Authority:
    return Authority(
        id=str(row["id"]),
        name=row["name"],
        subject=row["subject"],
        certificate=row["certificate"],
        sha256=row["sha256"],
        key_sha256=row["key_sha256"],
        uses=msgspec.json.decode(row["uses"]),
        not_after=to_datetime(row["not_after"]),
        created_at=to_datetime(row["created_at"]),
    )
