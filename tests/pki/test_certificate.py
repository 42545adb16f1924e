from __future__ import annotations

import hashlib
import re
import subprocess

import pytest

from ohmstead.domain.certificates import DAY
from ohmstead.pki.certificate import describe, from_pem, key_sha256, serial_number, to_pem
from tests.pki.making import NOW, ca, station


def test_describe() -> None:
    root = ca("Root")
    one = station(root, begins=NOW, ends=NOW + DAY)
    seen = describe(one.x509)
    assert (seen.common_names, seen.organizations) == (("SN1",), ("Ohmstead",))
    assert (seen.subject, seen.issuer) == ("CN=SN1,O=Ohmstead", "CN=Root,O=Trustworthy")
    assert int(seen.serial_number, 16) == one.x509.serial_number
    assert re.fullmatch(r"[1-9a-f][0-9a-f]*", seen.serial_number)
    assert seen.sha256 == hashlib.sha256(one.der).hexdigest()
    assert (seen.not_before, seen.not_after) == (NOW // 1_000_000 * 1_000_000, (NOW + DAY) // 1_000_000 * 1_000_000)


def test_serial_number() -> None:
    one = station(None)
    assert serial_number(one.der) == describe(one.x509).serial_number
    assert serial_number(b"no certificate") is None


def test_a_ca_is_told_by_its_key() -> None:
    root = ca("Root")
    assert key_sha256(root.x509) == key_sha256(ca("Successor", key=root.key).x509)
    assert key_sha256(root.x509) != key_sha256(ca("Root").x509)


def test_pem_of_a_chain_has_no_text_between_its_parts() -> None:
    root = ca("Root")
    one = station(root)
    text = to_pem([one.x509, root.x509])
    assert re.fullmatch(r"(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n){2}", text)
    assert from_pem(text) == [one.x509, root.x509]
    assert from_pem("subject: /CN=SN1\r\n" + text.replace("\n", "\r\n")) == [one.x509, root.x509]


def test_no_certificate_in_the_text() -> None:
    with pytest.raises(ValueError, match="PEM"):
        from_pem("nothing here")


def test_openssl_agrees(openssl: str) -> None:
    one = station(ca("Root"))
    command = [openssl, "x509", "-noout", "-serial", "-fingerprint", "-sha256"]
    said = subprocess.run(command, input=one.pem, capture_output=True, text=True, check=True).stdout.lower()
    seen = describe(one.x509)
    assert f"serial={seen.serial_number.zfill(len(seen.serial_number) + len(seen.serial_number) % 2)}\n" in said
    assert seen.sha256 in said.replace(":", "")
