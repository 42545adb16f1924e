"""Certificates of many at once: when they end, and all of a station or of a CA revoked."""

from __future__ import annotations

from typing import Literal

import msgspec

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import Refused, not_found
from ohmstead.api.resources.certificates import EMBEDDED
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.pki.certificate import key_sha256
from ohmstead.shapes.certificate import ExpiryBucket, RenewalCount, Revocation, Revoked
from ohmstead.shapes.common import Page
from ohmstead.store import bulk_revocation
from ohmstead.store.bulk_revocation import Struck
from ohmstead.store.db import Event, Tx
from ohmstead.store.resources import certificates, expiry

routes = Routes("Certificates")
FORMER = "embedded-former"
"""The issuing CAs that the embedded CA had before (`ohmstead pki new-issuing`)."""


class ExpiryQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    by: Literal["week,site", "week", "site"] = "week,site"


@routes.get("/certificates/expiry", scope="certificates:read")
async def show_expiry(exchange: Exchange, query: ExpiryQuery) -> Page[ExpiryBucket]:
    """When the certificates end that stations come in with, counted: the cells of a heat map."""
    by = query.by.split(",")
    cells = await expiry.expiry(
        exchange.db, exchange.tenant_id, exchange.sites, by_week="week" in by, by_site="site" in by
    )
    return Page(data=cells, next_cursor=None)


@routes.get("/certificates/renewals", scope="certificates:read")
async def count_renewals(exchange: Exchange) -> Page[RenewalCount]:
    """How the renewals stand of certificates that are in use and end soon: by state and reason, the most frequent
    first. The certificates themselves: `GET /certificates?renewal=any`."""
    counts = await expiry.renewal_counts(exchange.db, exchange.tenant_id, exchange.sites)
    return Page(data=counts, next_cursor=None)


@routes.post("/stations/{id}/certificates/revoke", scope="certificates:write", gives=Revoked)
async def revoke_of_station(exchange: Exchange, id: str, body: Revocation) -> Answer:
    """Revoke all certificates of a station that have not ended; its socket is closed."""
    row, now = await wanted(exchange, id), runtime.now()
    async with exchange.transaction() as tx:
        found = await bulk_revocation.revoke_of_station(tx, exchange.tenant_id, row["id"], body.word, now)
        _tell(tx, exchange.tenant_id, found, body.word, now)
        told = {"certificates": len(found), "reason": body.word}
        await exchange.audit(tx, "certificate.revoke_of_station", id, told)
        return exchange.made(Revoked(certificates=len(found)), status=200)


@routes.post("/certificate-authorities/{id}/revoke", scope="certificates:write", gives=Revoked, everywhere=True)
async def revoke_of_authority(exchange: Exchange, id: str, body: Revocation) -> Answer:
    """Revoke all certificates that this CA issued and that have not ended; sockets are closed. Renew first: who has
    no other certificate is locked out. `embedded-former` names the issuing CAs that the embedded CA had before."""
    keys, now = await _keys_of(exchange, id), runtime.now()
    async with exchange.transaction() as tx:
        found = []
        for key in keys:
            found += await bulk_revocation.revoke_of_authority(tx, exchange.tenant_id, key, body.word, now)
        _tell(tx, exchange.tenant_id, found, body.word, now)
        told = {"certificates": len(found), "reason": body.word}
        await exchange.audit(tx, "certificate.revoke_of_authority", id, told)
        return exchange.made(Revoked(certificates=len(found)), status=200)


async def _keys_of(exchange: Exchange, id: str) -> list[str]:
    """The keys that sign: of the embedded CA that of its issuing CA, or those of before. Raises Refused."""
    if id in (EMBEDDED, FORMER):
        ca = exchange.context.ca
        if ca is None:
            raise Refused("unavailable", "This process has no CA.")
        return [key_sha256(one) for one in ((ca.issuing,) if id == EMBEDDED else ca.former)]
    found = await certificates.authorities(exchange.db, exchange.tenant_id, limit=1, cursor=None, which=_number(id))
    if not found.rows:
        raise not_found("certificate authority", id)
    return [found.rows[0]["key_sha256"]]


def _number(id: str) -> int:
    return int(id) if id.isdecimal() and len(id) < 19 else -1


def _tell(tx: Tx, tenant_id: int, found: list[Struck], reason: str, now: int) -> None:
    for one in found:
        data = {"station_id": one.identity, "id": str(one.id), "serial_number": one.serial_number, "reason": reason}
        text = msgspec.json.encode(data).decode()
        tx.emit(Event(tenant_id, "ohmstead.certificate.revoked", one.identity, now, text))
