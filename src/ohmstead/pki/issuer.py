"""What a CA does for us: one method, so that another CA is one more class."""

from __future__ import annotations

from typing import Any, Protocol

from cryptography import x509
from msgspec import Struct

from ohmstead.domain.certificates import Certificate


class Order(Struct, frozen=True):
    """A certificate that a station is to have; made by `csr.order` alone, which checks what is asked for."""

    request: x509.CertificateSigningRequest
    public_key: Any
    """The request's; RSA or NIST curve."""
    common_name: str
    organization: str


class Issued(Struct, frozen=True):
    """A certificate of a station, fresh from the CA."""

    certificate: Certificate
    chain: str
    """PEM: the station's first, then the sub-CAs, without the root (as CertificateSigned wants it)."""
    authority: str
    """`key_sha256` of the CA that signed it, under which it would be revoked."""


class CannotIssue(Exception):
    """The CA does not give this certificate; the message says why."""


class Issuer(Protocol):
    """A certificate authority for stations."""

    async def issue(self, order: Order) -> Issued:
        """Sign. The same order again gives another certificate. Raises CannotIssue."""
