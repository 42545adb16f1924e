"""Signatures over firmware, in the three kinds that stations check."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ohmstead.pki.firmware import NotSigned, check_certificate, check_signature

PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


class _Certificate:
    """As much of a certificate as the check of a signature asks for."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self.public_key = key.public_key


@pytest.mark.parametrize(("kind", "how"), [("RSA-PSS", PSS), ("RSA-PKCS1", padding.PKCS1v15())])
def test_rsa_in_both_kinds(tmp_path: Path, kind: str, how: padding.AsymmetricPadding) -> None:
    key = rsa.generate_private_key(65537, 2048)
    content = tmp_path / "fw"
    content.write_bytes(b"abc")
    signer: x509.Certificate = _Certificate(key)  # type: ignore[assignment]
    text = base64.b64encode(key.sign(b"abc", how, hashes.SHA256())).decode()
    assert check_signature(signer, text, content) == kind
    content.write_bytes(b"abd")
    for bad in (text, "not base64!", ""):
        with pytest.raises(NotSigned):
            check_signature(signer, bad, content)


def test_a_certificate_that_is_none() -> None:
    with pytest.raises(NotSigned):
        check_certificate("nonsense", ["nonsense"], 0)
