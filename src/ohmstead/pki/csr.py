"""Certificate signing requests: read in whatever form stations send them, checked before any CA sees them."""

from __future__ import annotations

import base64
import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ohmstead.pki import keys
from ohmstead.pki.certificate import UNREADABLE, texts
from ohmstead.pki.issuer import Order

MAX_BYTES = 16 * 1024
"""Three times what OCPP allows (5500 characters)."""
_DER = re.compile(rb"\x30[\x80-\xff]")
_ARMOUR = re.compile(
    rb"-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----(.*?)-----END (?:NEW )?CERTIFICATE REQUEST-----", re.S
)


class BadCsr(Exception):
    """A request that is not passed on to a CA.

    `check` names the check that failed: unreadable, key_type, key_size, signature, common_name or organization.
    """

    def __init__(self, check: str, reason: str) -> None:
        super().__init__(reason)
        self.check = check


def order(csr: str | bytes, *, common_name: str, organization: str) -> Order:
    """What a CA is asked for once `csr` has passed every check; raises BadCsr.

    The subject must be `common_name` and `organization` (a request without any O= gets it); else a station could obtain
    the identity of another. Whatever else the request asks for, like being a CA, is left behind.
    """
    request = _read(csr.encode() if isinstance(csr, str) else csr)
    key = _public_key(request)
    try:
        subject = request.subject
    except UNREADABLE:
        raise BadCsr("unreadable", "The subject of the request cannot be read.") from None
    names = texts(subject, NameOID.COMMON_NAME)
    if names != (common_name,):
        shown = ", ".join(repr(name) for name in names) or "missing"
        raise BadCsr("common_name", f"The common name is {shown}; it must be {common_name!r}.")
    organizations = texts(subject, NameOID.ORGANIZATION_NAME)
    if organizations not in ((), (organization,)):
        shown = ", ".join(repr(name) for name in organizations)
        raise BadCsr("organization", f"The organization is {shown}; it must be {organization!r} (pki.organization).")
    return Order(request, key, common_name, organization)


def generate(*, common_name: str, organization: str) -> tuple[str, str]:
    """A new P-256 key (PKCS#8 PEM, not sealed) and a request for it (PEM), for stations that cannot make their own."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ]
    request = x509.CertificateSigningRequestBuilder(x509.Name(subject)).sign(key, hashes.SHA256())
    return keys.to_pem(key, None), request.public_bytes(Encoding.PEM).decode()


def _read(data: bytes) -> x509.CertificateSigningRequest:
    """PEM with any line ends and any text around it, base64 without armour, or DER."""
    if len(data) > MAX_BYTES:
        raise BadCsr("unreadable", f"The request is larger than {MAX_BYTES} bytes.")
    try:
        if not _DER.match(data):
            armoured = _ARMOUR.search(data)
            data = base64.b64decode(b"".join((armoured.group(1) if armoured else data).split()), validate=True)
        return x509.load_der_x509_csr(data)
    except UNREADABLE:
        raise BadCsr("unreadable", "This is not a certificate signing request (PKCS#10) in PEM or DER.") from None


def _public_key(request: x509.CertificateSigningRequest) -> object:
    """Its key, of which the signature proves possession."""
    try:
        key = request.public_key()
        keys.check(key)
    except keys.UnfitKey as unfit:
        raise BadCsr(unfit.check, str(unfit)) from None
    except UNREADABLE:
        raise BadCsr("key_type", "The key of the request cannot be read.") from None
    try:
        valid = request.is_signature_valid
    except UNREADABLE:
        valid = False
    if not valid:
        raise BadCsr("signature", "The signature of the request is not by its own key.")
    return key
