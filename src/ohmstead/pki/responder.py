"""Our own OCSP responder: what CAs of ours say about the certificates that they issued."""

from __future__ import annotations

from ohmstead import runtime
from ohmstead.pki.certificate import key_sha256
from ohmstead.pki.revocation import Authority, Revoked, asked, malformed
from ohmstead.store.db import Db
from ohmstead.store.resources import certificates

LARGEST = 10_000
"""Bytes of a request."""


async def respond(db: Db, ca: Authority, request: bytes) -> bytes:
    """The answer to an OCSP request (both in DER), whatever it is."""
    one = asked(request, ca.issuing) if len(request) <= LARGEST else None
    if one is None:
        return malformed()
    found = await certificates.revocation_of(db, key_sha256(ca.issuing), one.serial_number)
    at, reason = found or (None, None)
    revoked = None if at is None else Revoked(one.serial_number, at, reason)
    return ca.ocsp(one, known=found is not None, revoked=revoked, now=runtime.now())
