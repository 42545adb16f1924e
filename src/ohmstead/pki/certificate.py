"""X.509 certificates: read, described in words of the domain, written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ohmstead.domain.certificates import Certificate
from ohmstead.domain.installed import Material
from ohmstead.runtime import from_datetime

UNREADABLE = (
    *(ValueError, TypeError, UnsupportedAlgorithm),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
"""What `cryptography` raises, early or late, about bytes that are not what they should be."""


@lru_cache(maxsize=1024)
def describe(certificate: x509.Certificate) -> Certificate:
    """What rules and people need to know of it. Raises one of UNREADABLE when it is not well formed. The few CAs
    of a fleet are asked for at every connection: remembered."""
    return Certificate(
        subject=(subject := certificate.subject).rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        common_names=texts(subject, NameOID.COMMON_NAME),
        organizations=texts(subject, NameOID.ORGANIZATION_NAME),
        serial_number=f"{certificate.serial_number:x}",
        sha256=sha256_of(certificate),
        key_sha256=key_sha256(certificate),
        not_before=from_datetime(certificate.not_valid_before_utc),
        not_after=from_datetime(certificate.not_valid_after_utc),
    )


def sha256_of(certificate: x509.Certificate) -> str:
    """Its fingerprint as in `Certificate`."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def material(certificate: x509.Certificate, issuer: x509.Certificate) -> Material:
    """Of what the hash data of `certificate` is made; a root is its own issuer."""
    return Material(
        issuer_name=certificate.issuer.public_bytes(),
        issuer_key=key_bits(issuer),
        serial_number=f"{certificate.serial_number:x}",
    )


def key_bits(certificate: x509.Certificate) -> bytes:
    """The value of the bit string in its SubjectPublicKeyInfo, of which key hashes are made."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    raise ValueError("this kind of key is not used by authorities here")


def serial_number(der: bytes) -> str | None:
    """Its serial number as in `Certificate`, to look up whether it is revoked; None when it cannot be read."""
    try:
        return f"{x509.load_der_x509_certificate(der).serial_number:x}"
    except UNREADABLE:
        return None


def texts(name: x509.Name, kind: x509.ObjectIdentifier) -> tuple[str, ...]:
    """All values of one kind in a name."""
    return tuple(str(one.value) for one in name.get_attributes_for_oid(kind))


def key_sha256(certificate: x509.Certificate) -> str:
    """By which a CA is told from others: SHA-256 of its SubjectPublicKeyInfo, lower-case hex."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def to_pem(certificates: Iterable[x509.Certificate]) -> str:
    """PEM blocks one after the other, without any text between them."""
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def from_pem(text: str) -> list[x509.Certificate]:
    """The certificates of a PEM text, in its order. Raises ValueError when there are none."""
    return x509.load_pem_x509_certificates(text.encode())
