"""Hash data in any algorithm."""

from __future__ import annotations

import hashlib

from ohmstead.domain.installed import ALGORITHMS, Material

ONE = Material(issuer_name=b"name", issuer_key=b"key", serial_number="1a2b")


def test_the_same_in_all_algorithms() -> None:
    for algorithm in ALGORITHMS:
        made = ONE.hashed(algorithm)
        assert made.issuer_name_hash == hashlib.new(algorithm, b"name").hexdigest()
        assert made.issuer_key_hash == hashlib.new(algorithm, b"key").hexdigest()
        other = type(made)(
            hash_algorithm=algorithm, issuer_name_hash=made.issuer_name_hash.upper(),
            issuer_key_hash=made.issuer_key_hash, serial_number="001A2B",
        )  # fmt: skip
        assert other.key == made.key
