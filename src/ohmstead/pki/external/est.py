"""EST (RFC 7030): EJBCA, AWS and Venafi connectors, the CAs of contract pools.

The path is a setting, because pools have their own. We come with HTTP Basic, a bearer token, a client certificate, or
none of them.
"""

from __future__ import annotations

import base64
import binascii

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from ohmstead.issuer_settings import IssuerSettings
from ohmstead.pki.certificate import UNREADABLE
from ohmstead.pki.external.judging import Above
from ohmstead.pki.external.line import Line, basic
from ohmstead.pki.issuer import Issued, IssuerDown, Order

ENROLL = "/.well-known/est/simpleenroll"


class Est:
    """An issuer by EST."""

    name = "est"

    def __init__(self, settings: IssuerSettings, line: Line) -> None:
        self._line, self._path = line, settings.path or ENROLL
        self._headers = {}
        if settings.user:
            self._headers["authorization"] = basic(settings.user, settings.secret)
        elif settings.secret:
            self._headers["authorization"] = f"Bearer {settings.secret}"
        self._above = Above(self._authorities, line.given)

    async def issue(self, order: Order) -> Issued:
        headers = self._headers | {"content-type": "application/pkcs10", "content-transfer-encoding": "base64"}
        body = base64.encodebytes(order.request.public_bytes(Encoding.DER))
        signed = _certificates(await self._line.call("POST", self._path, body, headers))
        return await self._above.judge(order, signed, self.name)

    async def _authorities(self) -> list[x509.Certificate]:
        path = self._path.replace("simpleenroll", "cacerts")
        return _certificates(await self._line.call("GET", path, headers=self._headers))

    async def close(self) -> None:
        await self._line.close()


def _certificates(body: bytes) -> list[x509.Certificate]:
    """Of a PKCS#7 in base64. Raises IssuerDown: what answers so is no EST server, or an ill one."""
    try:
        return load_der_pkcs7_certificates(base64.b64decode(b"".join(body.split()), validate=True))
    except (binascii.Error, *UNREADABLE) as error:
        raise IssuerDown(f"What it answers is no PKCS#7 in base64: {error}.") from None
