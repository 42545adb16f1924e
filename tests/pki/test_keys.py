from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ohmstead.pki import keys
from tests.pki.making import RSA_KEY


@pytest.mark.parametrize(
    "key", [RSA_KEY, *(ec.generate_private_key(curve()) for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1))]
)
def test_keys_that_are_strong_enough(key: keys.PrivateKey) -> None:  # A00.FR.501 to .503
    keys.check(key.public_key())


@pytest.mark.parametrize(
    ("key", "check"),
    [
        (rsa.generate_private_key(65537, 1024), "key_size"),
        (ec.generate_private_key(ec.SECP192R1()), "key_size"),
        (ec.generate_private_key(ec.SECP256K1()), "key_size"),
        (ed25519.Ed25519PrivateKey.generate(), "key_type"),
        (dsa.generate_private_key(1024), "key_type"),
    ],
)
def test_keys_that_are_not(key: keys.PrivateKey, check: str) -> None:
    with pytest.raises(keys.UnfitKey) as caught:
        keys.check(key.public_key())
    assert caught.value.check == check


def test_sealed_keys_open_with_the_same_server_key_only() -> None:
    pem = keys.to_pem(RSA_KEY, keys.passphrase(b"a" * 32))
    assert "ENCRYPTED" in pem
    assert load_pem_private_key(pem.encode(), keys.passphrase(b"a" * 32)) is not None
    with pytest.raises(ValueError, match=r"password|decrypt"):
        load_pem_private_key(pem.encode(), keys.passphrase(b"b" * 32))
