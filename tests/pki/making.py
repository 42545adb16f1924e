"""CAs and certificates made by hand: what the code under test did not make itself."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ohmstead.domain.certificates import DAY
from ohmstead.runtime import Clock, to_datetime

NOW = Clock().now()
"""OpenSSL and clients have no fake clock: certificates are made for today."""
SHA256 = hashes.SHA256()
RSA_KEY = rsa.generate_private_key(65537, 2048)
"""One for all tests: it takes its time."""


def name(common_name: str | None, organization: str | None = None) -> x509.Name:
    parts = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common_name))
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts if text is not None])


def usage(**chosen: bool) -> x509.KeyUsage:
    kinds = "digital_signature content_commitment key_encipherment data_encipherment key_agreement".split()
    return x509.KeyUsage(
        **dict.fromkeys([*kinds, "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"], False) | chosen
    )


CA = [(x509.BasicConstraints(True, None), True), (usage(key_cert_sign=True, crl_sign=True), True)]


class Made:
    """A certificate with its key; with `issuer` None it signs itself."""

    def __init__(
        self,
        subject: x509.Name,
        issuer: Made | None = None,
        *,
        extensions: Any = (),
        key: Any = None,
        begins: int = NOW - DAY,
        ends: int = NOW + 30 * DAY,
        digest: Any = SHA256,
        signer: Any = None,
    ) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.x509.subject if issuer else subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(to_datetime(begins))
            .not_valid_after(to_datetime(ends))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        self.x509 = builder.sign(signer or (issuer.key if issuer else self.key), digest)
        self.issuer = issuer

    @property
    def der(self) -> bytes:
        return self.x509.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.x509.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def ca(common_name: str, issuer: Made | None = None, **more: Any) -> Made:
    return Made(name(common_name, "Trustworthy"), issuer, **{"extensions": CA} | more)


def station(issuer: Made | None, common_name: str = "SN1", organization: str = "Ohmstead", **more: Any) -> Made:
    return Made(name(common_name, organization), issuer, **more)


def csr(
    subject: x509.Name, key: Any = None, extensions: Any = (), digest: Any = SHA256
) -> x509.CertificateSigningRequest:
    builder = x509.CertificateSigningRequestBuilder(subject)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key or ec.generate_private_key(ec.SECP256R1()), digest)
