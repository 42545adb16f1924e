"""Our own signing key: kept, sealed, certified by the embedded CA."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cryptography import x509

from ohmstead.ocpp.signing import CALL
from ohmstead.pki import csr
from ohmstead.pki.issuer import CannotIssue
from ohmstead.pki.local_ca import SIGNER_NAME, BrokenCa, LocalCa, open_ca
from ohmstead.pki.signing_key import open_signing_key
from tests.pki.conftest import SERVER_KEY
from tests.signed import read


def opened(ca: LocalCa, folder: Path, server_key: bytes = SERVER_KEY) -> str:
    """The thumbprint of the key of this folder."""
    return open_signing_key(folder, server_key, ca, "Ohmstead").thumbprint


def test_it_is_made_once_and_signs(local_ca: LocalCa, tmp_path: Path) -> None:
    key = open_signing_key(tmp_path / "pki", SERVER_KEY, local_ca, "Ohmstead")
    pem = (tmp_path / "pki" / "signing.pem").read_text()
    payload, header = read(pem, json.loads(key.sign("Reset", CALL, b'{"type":"Idle"}')))
    assert payload == {"type": "Idle"}
    assert (header["alg"], header["OCPPAction"], header["OCPPMessageTypedId"]) == ("ES256", "Reset", 2)
    leaf, issuing = x509.load_pem_x509_certificates(pem.encode())
    leaf.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(local_ca.root)
    assert opened(local_ca, tmp_path / "pki") == key.thumbprint


def test_its_file_is_sealed(local_ca: LocalCa, tmp_path: Path) -> None:
    opened(local_ca, tmp_path / "pki")
    key = tmp_path / "pki" / "signing.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    with pytest.raises(BrokenCa, match=r"another server\.key"):
        opened(local_ca, tmp_path / "pki", bytes(32))


def test_a_lost_half_or_another_ca_makes_a_new_one(local_ca: LocalCa, tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    before = {opened(local_ca, folder)}
    for lost in ("signing.pem", "signing.key"):
        (folder / lost).unlink()
        new = opened(local_ca, folder)
        assert new not in before
        before.add(new)
    (folder / "signing.pem").write_text("-----BEGIN CERT")
    assert opened(local_ca, folder) not in before
    other = open_ca(tmp_path / "other", SERVER_KEY, "Ohmstead", [])
    before.add(opened(other, tmp_path / "other"))
    for name in ("signing.pem", "signing.key"):
        shutil.copy(tmp_path / "other" / name, folder / name)
    assert opened(local_ca, folder) not in before


def test_the_key_of_another_certificate(local_ca: LocalCa, tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    opened(local_ca, folder)
    kept = (folder / "signing.key").read_text()
    (folder / "signing.pem").unlink()
    opened(local_ca, folder)
    (folder / "signing.key").write_text(kept)
    with pytest.raises(BrokenCa, match="not the key"):
        opened(local_ca, folder)


@pytest.mark.anyio
async def test_no_station_may_carry_its_name(local_ca: LocalCa) -> None:
    request = csr.generate(common_name=SIGNER_NAME, organization="Ohmstead")[1]
    with pytest.raises(CannotIssue, match="is a name of this server"):
        await local_ca.issue(csr.order(request, common_name=SIGNER_NAME, organization="Ohmstead"))
