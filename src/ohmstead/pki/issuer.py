"""What a CA does for us: one method, so that another CA is one more class; what only some can stands beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct

from ohmstead.domain.certificates import Certificate


class Order(Struct, frozen=True):
    """A certificate that a station is to have; made by `csr.order` alone, which checks what is asked for."""

    request: x509.CertificateSigningRequest
    public_key: Any
    """The request's; RSA or NIST curve."""
    common_name: str
    organization: str

    @property
    def sha256(self) -> str:
        """By which the same request is known again, however it was wrapped: of its DER, lower-case hex."""
        return hashlib.sha256(self.request.public_bytes(Encoding.DER)).hexdigest()

    @property
    def pem(self) -> str:
        """The request as it is kept and passed on."""
        return self.request.public_bytes(Encoding.PEM).decode()


class Issued(Struct, frozen=True):
    """A certificate of a station, fresh from the CA."""

    certificate: Certificate
    chain: str
    """PEM: the station's first, then the sub-CAs, without the root (as CertificateSigned wants it)."""
    authority: str
    """`key_sha256` of the CA that signed it, under which it would be revoked."""
    issued_by: str = "embedded"
    """The name of the issuer."""


class CannotIssue(Exception):
    """The CA does not give this certificate; the message says why."""


class IssuerDown(Exception):
    """The CA does not answer, or is too busy: try again later; the message says what is wrong."""


class Issuer(Protocol):
    """A certificate authority for stations."""

    name: str
    """As it stands in `issued_by`."""

    async def issue(self, order: Order) -> Issued:
        """Sign. The same order again gives another certificate. Raises CannotIssue and IssuerDown."""


@runtime_checkable
class Paces(Protocol):
    """An issuer that must not be asked too fast."""

    def may_begin(self) -> bool:
        """Whether one more may be asked for now; it counts as asked for then."""


@runtime_checkable
class Closes(Protocol):
    """An issuer that holds connections."""

    async def close(self) -> None: ...


class ToRevoke(Struct, frozen=True):
    """A certificate that its CA is told to revoke."""

    serial_number: str
    """Lower-case hex."""
    chain: str
    """PEM, the certificate first."""
    reason: str
    """A name of RFC 5280, 5.3.1, in snake case."""


@runtime_checkable
class Revokes(Protocol):
    """An issuer that can be told to revoke."""

    async def revoke(self, one: ToRevoke) -> None:
        """Told twice it is revoked once. Raises CannotIssue (it does not take this one) and IssuerDown."""


def revoker(issuer: Issuer) -> Revokes | None:
    """Who revokes for an issuer, also for one with a pace; None: its protocol cannot."""
    one = getattr(issuer, "inner", issuer)
    return one if isinstance(one, Revokes) else None


Issuers = Mapping[str, Issuer]
"""By the use of a certificate: charging_station, v2g."""
