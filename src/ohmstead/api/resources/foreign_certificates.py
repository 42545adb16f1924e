"""Certificates of stations that others have issued, made known before a station comes with them: by their keys what it
signs is verified, also where its TLS ends at a local controller."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import Refused, invalid
from ohmstead.blocks.security import holder
from ohmstead.domain.certificates import Accepted
from ohmstead.domain.certificates import Refused as Judged
from ohmstead.pki.anchors import station_trust
from ohmstead.pki.certificate import UNREADABLE, from_pem, to_pem
from ohmstead.runtime import to_datetime
from ohmstead.shapes.certificate import CertificateMade
from ohmstead.store.certificates import revoked_in, with_serial
from ohmstead.store.resources import certificates
from ohmstead.store.sessions import find_station

FOREIGN = "foreign"
"""Who has issued it, as the table has it."""


async def add(exchange: Exchange, row: dict[str, Any], pem: str) -> Answer:
    """Let a certificate of the station be known; it is judged as it would be at the door. Raises Refused: 422 for one
    that would open no door, 409 where it is known."""
    chain = _chain(pem)
    accepted = await _judged(exchange, row["identity"], chain)
    one = accepted.certificate
    known = await with_serial(exchange.db, one.serial_number)
    if any(k.tenant_id == exchange.tenant_id and k.authority_key == accepted.authority for k in known):
        raise Refused("conflict", f"The certificate {one.serial_number} of this authority is known already.")
    number, now = await exchange.context.ids.take(), runtime.now()
    text = to_pem(chain)
    async with exchange.transaction() as tx:
        await certificates.add(
            tx, exchange.tenant_id, number, row["id"], one, authority=accepted.authority, chain=text,
            csr_sha256=None, issued_by=FOREIGN, now=now,
        )  # fmt: skip
        await exchange.audit(tx, "certificate.add", row["identity"], {"id": number, "sha256": one.sha256})
        made = CertificateMade(
            id=str(number), serial_number=one.serial_number, certificate=text, not_after=to_datetime(one.not_after)
        )
        return exchange.made(made, status=201, Location=f"/api/v1/certificates/{number}")


def _chain(pem: str) -> list[x509.Certificate]:
    try:
        chain = list(from_pem(pem))
    except UNREADABLE as error:
        raise invalid("/certificate", f"is no certificate in PEM: {error}") from None
    if not chain:
        raise invalid("/certificate", "holds no certificate")
    return chain


async def _judged(exchange: Exchange, identity: str, chain: list[x509.Certificate]) -> Accepted:
    station = await find_station(exchange.db, exchange.tenant_id, identity)
    assert station is not None  # it was found a moment ago, and none is ever deleted
    own, *others = (one.public_bytes(Encoding.DER) for one in chain)
    trust = await station_trust(exchange.db, exchange.tenant_id, exchange.context.ca)
    known = await with_serial(exchange.db, f"{chain[0].serial_number:x}")
    judged = trust.judge(
        own, others, holder(station, exchange.context.settings), revoked_in(exchange.tenant_id, known), runtime.now()
    )
    if isinstance(judged, Judged):
        raise invalid("/certificate", judged.reason)
    return judged
