"""Certificates of stations: which are known, which were revoked, which was shown; and further trusted authorities."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, case, select
from sqlalchemy.dialects.postgresql import insert as upsert

from ohmstead.domain.certificates import Accepted, Revoked
from ohmstead.store.db import Db, Write
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificate_authorities, certificates

TRUST_TOPIC = "trust"
"""Rung when an authority was added or removed."""

_c, _a = certificates.c, certificate_authorities.c


class Known(Struct, frozen=True):
    """A certificate as far as the door needs it."""

    tenant_id: int
    authority_key: str
    serial_number: str
    seen_at: int | None
    revoked_at: int | None


WITH_SERIAL = Statement(
    select(*(_c[name] for name in Known.__struct_fields__)).where(_c.serial_number == bindparam("serial"))
)
_shown = upsert(certificates).values({column.name: bindparam(column.name) for column in certificates.columns})
SHOWN = Statement(
    _shown.on_conflict_do_update(
        index_elements=["tenant_id", "authority_key", "serial_number"],
        set_={
            "seen_at": _shown.excluded.seen_at,
            "state": case((_c.revoked_at.is_not(None), _c.state), else_=_shown.excluded.state),
        },
    )
)
AUTHORITIES = Statement(
    select(_a.id, _a.tenant_id, _a.certificate, _a.uses).where(_a.removed_at.is_(None)).order_by(_a.id)
)


async def with_serial(db: Db, serial_number: str) -> list[Known]:
    """The certificates of all tenants with this serial number; authorities give the same one now and then."""
    return [Known(*row) for row in await db.fetch(WITH_SERIAL, serial=serial_number)]


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


def write_shown(write: Write, number: int, accepted: Accepted, at: int) -> None:
    """A station came in with this certificate; one that others issued is kept under `number`."""
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
        **dict.fromkeys(("reason", "chain", "csr_sha256", "issued_by", "revoked_at", "revocation_reason")),
    )
