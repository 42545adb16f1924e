"""Public and private keys: which are strong enough, and how ours lie on disk."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
RSA_BITS = range(2048, 8193)
"""At least 112 bits of strength (A00.FR.501 to .503); what is larger only keeps us busy."""


class UnfitKey(Exception):
    """A key that no certificate may have; `check` is key_type or key_size, the message says what it must be."""

    def __init__(self, check: str, reason: str) -> None:
        super().__init__(reason)
        self.check = check


def check(key: object) -> None:
    """Raise UnfitKey unless `key` is a public key that certificates of stations and authorities may have."""
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size not in RSA_BITS:
            raise UnfitKey("key_size", f"The RSA key has {key.key_size} bits; it must have 2048 to 8192.")
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, CURVES):
            raise UnfitKey("key_size", f"The key is on the curve {key.curve.name}; it must be P-256, P-384 or P-521.")
    else:
        raise UnfitKey("key_type", "The key is neither RSA nor on a NIST curve (P-256, P-384 or P-521).")


def passphrase(server_key: bytes) -> bytes:
    """What seals our private keys: derived from the server key, so that a copied pki folder alone opens nothing."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"ohmstead pki").derive(server_key).hex().encode()


def to_pem(key: PrivateKeyTypes, password: bytes | None) -> str:
    """PKCS#8, sealed unless `password` is None."""
    seal: KeySerializationEncryption = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, seal).decode()
