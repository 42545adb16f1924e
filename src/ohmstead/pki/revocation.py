"""What the embedded CA says about its revoked certificates: a CRL (RFC 5280) and answers of OCSP (RFC 6960).

The door does not need them: it reads the database. They are for others who must judge such a certificate.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, cast, runtime_checkable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ohmstead.pki.certificate import UNREADABLE, key_bits
from ohmstead.runtime import to_datetime

CRL_LIFE, OCSP_LIFE = timedelta(days=1), timedelta(hours=1)
PARTS = "0123456789abcdef"
"""Of a CRL: who needs one certificate reads a sixteenth, the one that its serial number ends with."""


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - `cryptography` takes it for UTC, and is faster than with the zone


class Revoked(NamedTuple):
    """`serial_number` in hex, `at` in microseconds, `reason` a name of RFC 5280 in snake case."""

    serial_number: str
    at: int
    reason: str | None = None


def in_part(part: str, revoked: Iterable[Revoked]) -> list[Revoked]:
    """Those that belong there."""
    return [one for one in revoked if one.serial_number.endswith(part)]


def part_url(base: str, issuing: x509.Certificate, serial_number: int) -> str:
    """Where the part of a CRL lies that would list this certificate; `base` ends with `/pki/crl`. The CA is named by
    its serial number: after another one has taken its place, its lists are where they were."""
    return f"{base}/{by_number('embedded', issuing)}/{serial_number & 15:x}"


def by_number(name: str, issuing: x509.Certificate) -> str:
    """The name that an issuing CA keeps when another one takes its place."""
    return f"{name}-{issuing.serial_number:x}"


def crl(
    issuer: x509.Certificate, key: ec.EllipticCurvePrivateKey, revoked: Iterable[Revoked], now: int, url: str = ""
) -> bytes:
    """A CRL in DER, good for a day; its number is the second in which it was made. With `url` it is but the part that
    lies there, and says so (RFC 5280, 5.2.5)."""
    made = _second(now)
    builder = x509.CertificateRevocationListBuilder(
        issuer.subject, made, made + CRL_LIFE, revoked_certificates=[_entry(one) for one in revoked]
    )
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    builder = builder.add_extension(known, critical=False).add_extension(x509.CRLNumber(now // 1_000_000), False)
    if url:
        builder = builder.add_extension(_only(url), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _only(url: str) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(url)], relative_name=None, only_contains_user_certs=False,
        only_contains_ca_certs=False, only_some_reasons=None, indirect_crl=False, only_contains_attribute_certs=False,
    )  # fmt: skip


def _entry(one: Revoked) -> x509.RevokedCertificate:
    at = _EPOCH + timedelta(seconds=one.at // 1_000_000)
    builder = x509.RevokedCertificateBuilder(int(one.serial_number, 16), at)
    if one.reason is not None and one.reason != "unspecified":  # RFC 5280, 5.3.1
        builder = builder.add_extension(x509.CRLReason(getattr(x509.ReasonFlags, one.reason)), critical=False)
    return builder.build()


class Asked(NamedTuple):
    """What an OCSP request asks about."""

    request: ocsp.OCSPRequest
    serial_number: str


def asked(data: bytes, issuer: x509.Certificate) -> Asked | None:
    """A request about one certificate of this CA; None when it is anything else."""
    try:
        request = ocsp.load_der_ocsp_request(data)
        algorithm = request.hash_algorithm
        same = (request.issuer_name_hash, request.issuer_key_hash) == (
            _digest(algorithm, issuer.subject.public_bytes()),
            _digest(algorithm, key_bits(issuer)),
        )
        return Asked(request, f"{request.serial_number:x}") if same else None
    except UNREADABLE:
        return None


def answer(
    issuer: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    one: Asked,
    known: bool,
    revoked: Revoked | None,
    now: int,
) -> bytes:
    """The answer in DER, signed by the CA itself; what it never issued is unknown."""
    status = ocsp.OCSPCertStatus.UNKNOWN
    if revoked is not None:
        status = ocsp.OCSPCertStatus.REVOKED
    elif known:
        status = ocsp.OCSPCertStatus.GOOD
    request, made = one.request, _second(now)
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        request.issuer_name_hash,
        request.issuer_key_hash,
        request.serial_number,
        request.hash_algorithm,
        status,
        made,
        made + OCSP_LIFE,
        None if revoked is None else _second(revoked.at),
        None if revoked is None else _flag(revoked.reason),
    )
    for extension in request.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            builder = builder.add_extension(extension.value, critical=False)
    signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer).sign(key, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def malformed() -> bytes:
    """The answer to what is no request about a certificate of this CA."""
    refused = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    return refused.public_bytes(Encoding.DER)


def _flag(reason: str | None) -> x509.ReasonFlags | None:
    return None if reason is None else getattr(x509.ReasonFlags, reason)


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize()


def _second(at: int) -> datetime:
    return to_datetime(at).replace(microsecond=0)


@runtime_checkable
class Authority(Protocol):
    """A CA of ours that says what it revoked."""

    name: str
    issuing: x509.Certificate

    def crl(self, revoked: Iterable[Revoked], now: int, url: str = "") -> bytes:
        """Its CRL in DER; with `url` the part that lies there."""

    def ocsp(self, one: Asked, *, known: bool, revoked: Revoked | None, now: int) -> bytes:
        """An OCSP answer in DER."""


class Predecessor:
    """An issuing CA that has a successor: it issues nothing, but what it issued can still be revoked."""

    def __init__(self, issuing: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.issuing, self._key = issuing, key
        self.name = by_number("embedded", issuing)

    def crl(self, revoked: Iterable[Revoked], now: int, url: str = "") -> bytes:
        """Its CRL in DER; with `url` the part that lies there."""
        return crl(self.issuing, self._key, revoked, now, url)

    def ocsp(self, one: Asked, *, known: bool, revoked: Revoked | None, now: int) -> bytes:
        """An OCSP answer in DER."""
        return answer(self.issuing, self._key, one, known, revoked, now)


def generations(ca: Authority) -> list[Authority]:
    """A CA of ours, and those that it succeeded."""
    return [ca, *cast("Iterable[Authority]", getattr(ca, "predecessors", ()))]


def authorities(*some: object) -> list[Authority]:
    """Those of these that are CAs of ours, each followed by those that it succeeded."""
    ours = [one for one in dict.fromkeys(some) if isinstance(one, Authority)]
    return [one for ca in ours for one in generations(ca)]
