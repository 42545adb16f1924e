"""What is installed in a station, by hash data: the same certificate in the words of any algorithm (as an OCSP CertID).

hashAlgorithm   SHA256, SHA384, SHA512
issuerNameHash  of the DER of the issuer's name
issuerKeyHash   of the issuer's public key, the bit string without tag and length
serialNumber    hex without leading zeros; compared without case
"""

from __future__ import annotations

import hashlib
from typing import Literal

from msgspec import Struct

Algorithm = Literal["SHA256", "SHA384", "SHA512"]
ALGORITHMS: tuple[Algorithm, ...] = ("SHA256", "SHA384", "SHA512")


class HashData(Struct, frozen=True, kw_only=True):
    """CertificateHashDataType, as a station said it."""

    hash_algorithm: Algorithm
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """By which two spellings are one."""
        serial = self.serial_number.lower().lstrip("0") or "0"
        return self.hash_algorithm, self.issuer_name_hash.lower(), self.issuer_key_hash.lower(), serial


class Material(Struct, frozen=True, kw_only=True):
    """Of what hash data is made."""

    issuer_name: bytes
    issuer_key: bytes
    serial_number: str

    def hashed(self, algorithm: Algorithm) -> HashData:
        def digest(data: bytes) -> str:
            return hashlib.new(algorithm.lower(), data).hexdigest()

        return HashData(
            hash_algorithm=algorithm,
            issuer_name_hash=digest(self.issuer_name),
            issuer_key_hash=digest(self.issuer_key),
            serial_number=self.serial_number,
        )
