"""What CAs of ours say about the certificates that they issued: OCSP answers and CRLs, for anybody who asks."""

from __future__ import annotations

import asyncio

from ohmstead import runtime
from ohmstead.pki.certificate import key_sha256
from ohmstead.pki.revocation import Authority, Revoked, asked, generations, in_part, malformed
from ohmstead.store.db import Db
from ohmstead.store.resources import certificates

LARGEST = 10_000
"""Bytes of a request."""


MADE_EVERY = 60_000_000
"""Microseconds for which a CRL is given out again: it is asked for without a key, and a long one takes its time."""


class Lists:
    """The CRLs of this process."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[int, list[Revoked]]] = {}
        self._kept: dict[tuple[str, str], tuple[int, bytes]] = {}
        self._making = asyncio.Lock()

    async def crl(self, db: Db, ca: Authority, url: str = "", part: str = "") -> bytes:
        """Of this CA, in DER: all of it, or the `part` that lies at `url`."""
        async with self._making:
            made, revoked = self._read.get(ca.name, (0, []))
            if runtime.now() - made >= MADE_EVERY:
                made = runtime.now()
                revoked = [Revoked(*row) for row in await certificates.revoked(db, key_sha256(ca.issuing))]
                self._read[ca.name] = made, revoked
            since, body = self._kept.get((ca.name, url), (0, b""))
            if since != made:
                body = await asyncio.to_thread(ca.crl, in_part(part, revoked), made, url)
                self._kept[ca.name, url] = made, body
        return body


async def respond(db: Db, ca: Authority, request: bytes) -> bytes:
    """The answer to an OCSP request (both in DER), whatever it is. Who signed the certificate answers: this CA, or one
    that it succeeded."""
    some = generations(ca) if len(request) <= LARGEST else []
    found_by = next(((by, one) for by in some if (one := asked(request, by.issuing)) is not None), None)
    if found_by is None:
        return malformed()
    ca, one = found_by
    found = await certificates.revocation_of(db, key_sha256(ca.issuing), one.serial_number)
    at, reason = found or (None, None)
    revoked = None if at is None else Revoked(one.serial_number, at, reason)
    return ca.ocsp(one, known=found is not None, revoked=revoked, now=runtime.now())
