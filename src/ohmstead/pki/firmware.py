"""Signatures over firmware: checked by us before a station hears of it (A00.FR.707, L01.FR.11)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from ohmstead.pki.certificate import UNREADABLE, from_pem
from ohmstead.pki.trust import Trust, Unfit
from ohmstead.runtime import from_datetime


class NotSigned(Exception):
    """Why a signature or its certificate does not hold, in words."""


def check_certificate(pem: str, roots: Sequence[str], now: int) -> x509.Certificate:
    """The signing certificate (PEM, its CAs may follow it), if it is valid at `now` and one of the manufacturers'
    `roots` (PEM) stands behind it. Raises NotSigned."""
    try:
        chain = from_pem(pem)
        trusted = [one for root in roots for one in from_pem(root)]
    except UNREADABLE as error:
        raise NotSigned(f"The signing certificate cannot be read: {error}.") from None
    if not chain:
        raise NotSigned("There is no certificate in the signing certificate.")
    if not trusted:
        raise NotSigned(
            "No manufacturer's root is trusted; add it with POST /certificate-authorities, use manufacturer."
        )
    signer = chain[0]
    if not from_datetime(signer.not_valid_before_utc) <= now < from_datetime(signer.not_valid_after_utc):
        raise NotSigned(f"The signing certificate {signer.subject.rfc4514_string()} is not valid at this time.")
    try:
        if signer not in trusted and not Trust(trusted, chain[1:]).leads_to_anchor(signer, now):
            raise NotSigned(f"No trusted manufacturer stands behind {signer.subject.rfc4514_string()}.")
    except Unfit as unfit:
        raise NotSigned(str(unfit)) from None
    return signer


def check_signature(signer: x509.Certificate, signature: str, content: Path) -> str:
    """The kind of signature (base64) that `signer` made over the file: `ECDSA`, `RSA-PSS`, or `RSA-PKCS1` as OpenSSL
    makes them by default. Raises NotSigned."""
    try:
        raw = base64.b64decode("".join(signature.split()), validate=True)
    except binascii.Error:
        raise NotSigned("The signature is not base64.") from None
    with content.open("rb") as file:
        digest = hashes.Hash(hashes.SHA256())
        while block := file.read(1 << 20):
            digest.update(block)
    found, sha256 = digest.finalize(), Prehashed(hashes.SHA256())
    key = signer.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(raw, found, ec.ECDSA(sha256))
            return "ECDSA"
        if isinstance(key, rsa.RSAPublicKey):
            return _rsa(key, raw, found, sha256)
    except InvalidSignature:
        raise NotSigned("The signature is not one of this certificate over this file.") from None
    raise NotSigned("The key of the signing certificate is neither RSA nor of an elliptic curve.")


def _rsa(key: rsa.RSAPublicKey, raw: bytes, found: bytes, sha256: Prehashed) -> str:
    try:
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
        key.verify(raw, found, pss, sha256)
        return "RSA-PSS"
    except InvalidSignature:
        key.verify(raw, found, padding.PKCS1v15(), sha256)
        return "RSA-PKCS1"
