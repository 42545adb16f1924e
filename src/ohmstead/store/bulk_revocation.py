"""Certificates revoked at one stroke: all of a station, or all that a CA issued."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal, select, update

from ohmstead.store import revocations
from ohmstead.store.db import Tx
from ohmstead.store.sessions import CHANGED_ELSEWHERE, STATION_TOPIC, ring_behind_gateways
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates, stations

_c = certificates.c
_OPEN = (_c.tenant_id == bindparam("tenant"), _c.revoked_at.is_(None), _c.not_after > bindparam("at"))
_STATION, _AUTHORITY = _c.station_id == bindparam("station"), _c.authority_key == bindparam("authority")
_found = (
    select(_c.id, _c.station_id, stations.c.identity, _c.serial_number)
    .select_from(certificates.join(stations, stations.c.id == _c.station_id))
    .where(*_OPEN)
    .order_by(_c.station_id)
)
_revoke = (
    update(certificates)
    .where(*_OPEN)
    .values(state=literal("revoked"), revoked_at=bindparam("at"), revocation_reason=bindparam("why"))
)
_QUEUE = {
    "station": revocations.queue_where(*_OPEN, _STATION), "authority": revocations.queue_where(*_OPEN, _AUTHORITY)
}  # fmt: skip
_FOUND = {"station": Statement(_found.where(_STATION)), "authority": Statement(_found.where(_AUTHORITY))}
_REVOKE = {"station": Statement(_revoke.where(_STATION)), "authority": Statement(_revoke.where(_AUTHORITY))}


class Struck(NamedTuple):
    """A certificate that was just revoked."""

    id: int
    station_id: int
    identity: str
    serial_number: str


async def revoke_of_station(tx: Tx, tenant_id: int, station_id: int, reason: str, now: int) -> list[Struck]:
    """All of a station that have not ended; its session looks again whether it may stay."""
    return await _revoke_all(tx, "station", {"tenant": tenant_id, "station": station_id, "at": now}, reason)


async def revoke_of_authority(tx: Tx, tenant_id: int, authority: str, reason: str, now: int) -> list[Struck]:
    """All of the tenant that the CA with this key issued, and that have not ended."""
    return await _revoke_all(tx, "authority", {"tenant": tenant_id, "authority": authority, "at": now}, reason)


async def _revoke_all(tx: Tx, by: str, which: dict[str, Any], reason: str) -> list[Struck]:
    found = [Struck(*row) for row in await tx.fetch(_FOUND[by], **which)]
    touched = list(dict.fromkeys(one.station_id for one in found))
    # first: commits of sessions lock in this order
    await tx.execute_all([(CHANGED_ELSEWHERE, {"station": station_id}) for station_id in touched])
    await tx.execute(_QUEUE[by], **which)
    await tx.execute(_REVOKE[by], **which, why=reason)
    for station_id in touched:
        tx.ring(STATION_TOPIC, str(station_id))
    await ring_behind_gateways(tx, int(which["tenant"]))
    return found
