"""OCSP answers and CRLs of authorities made by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from ohmstead.runtime import to_datetime
from tests.pki.making import NOW, Made, name

GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN
RESPONDER = [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)]


def responder(issuer: Made, **more: Any) -> Made:
    return Made(name("Responder"), issuer, **{"extensions": RESPONDER} | more)


def answer(
    one: Made, status: ocsp.OCSPCertStatus = GOOD, *, signer: Made | None = None, made: int = NOW,
    hours: int | None = 12, with_certificates: bool = False,
) -> bytes:  # fmt: skip
    """About `one`, by its issuer or by `signer`, which may bring its own certificate."""
    assert one.issuer is not None
    signer = signer or one.issuer
    at = to_datetime(made).replace(microsecond=0)
    revoked = at if status is REVOKED else None
    builder = ocsp.OCSPResponseBuilder().add_response(
        one.x509, one.issuer.x509, hashes.SHA256(), status, at, None if hours is None else at + timedelta(hours=hours),
        revoked, None,
    )  # fmt: skip
    if with_certificates:
        builder = builder.certificates([signer.x509])
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.x509)
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def crl(issuer: Made, *revoked: Made, signer: Made | None = None, made: int = NOW, part: str | None = None) -> bytes:
    at = to_datetime(made).replace(microsecond=0)
    entries = [x509.RevokedCertificateBuilder(one.x509.serial_number, at).build() for one in revoked]
    builder = x509.CertificateRevocationListBuilder(
        issuer.x509.subject, at, at + timedelta(days=1), revoked_certificates=entries
    )
    if part is not None:
        names = [x509.UniformResourceIdentifier(part)]
        scope = x509.IssuingDistributionPoint(names, None, False, False, None, False, False)
        builder = builder.add_extension(scope, critical=True)
    return builder.sign((signer or issuer).key, hashes.SHA256()).public_bytes(Encoding.DER)


def http(status: int, content: bytes = b"") -> httpx.Response:
    """An answer that comes in pieces, as over a socket."""
    return httpx.Response(status, stream=httpx.ByteStream(content))
