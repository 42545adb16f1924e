from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import anyio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from ohmstead import runtime
from ohmstead.domain.certificates import DAY
from ohmstead.keyfiles import write_private
from ohmstead.pki import csr
from ohmstead.pki.certificate import describe, from_pem, key_sha256
from ohmstead.pki.issuer import CannotIssue, Issued
from ohmstead.pki.local_ca import HOUR, SERVER_LIFE, STATION_LIFE, BrokenCa, LocalCa, open_ca, renew_issuing
from ohmstead.runtime import FakeClock
from tests.pki.conftest import SERVER_KEY
from tests.pki.making import CA, RSA_KEY, name
from tests.pki.making import csr as made

pytestmark = pytest.mark.anyio


def opened(folder: Path, server_key: bytes = SERVER_KEY) -> LocalCa:
    return open_ca(folder, server_key, "Ohmstead", ["localhost"])


async def issued(ca: LocalCa, common_name: str = "SN1", key: object = None) -> Issued:
    request = made(name(common_name), key, extensions=CA).public_bytes(Encoding.DER)
    return await ca.issue(csr.order(request, common_name=common_name, organization="Ohmstead"))


def test_the_first_start_makes_it(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "pki"
    opened(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["ca.pem", "issuing.key", "issuing.pem", "root.key"]
    for key in folder.glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert "ENCRYPTED PRIVATE KEY" in key.read_text()


def test_later_starts_find_it(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "pki"), opened(tmp_path / "pki")
    assert (first.root, first.issuing) == (second.root, second.issuing)


def test_processes_that_start_together_make_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len({ca.root for ca in pool.map(lambda _: opened(tmp_path / "pki"), range(4))}) == 1


def test_a_start_that_was_cut_off_leaves_nothing_half_done(tmp_path: Path) -> None:
    (tmp_path / ".pki.new").mkdir()
    (tmp_path / ".pki.new" / "ca.pem").write_text("half")
    assert opened(tmp_path / "pki").root.subject


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "pki").mkdir()
    assert opened(tmp_path / "pki").root.subject


async def test_the_root_key_can_be_taken_away(tmp_path: Path) -> None:
    opened(tmp_path / "pki")
    (tmp_path / "pki" / "root.key").unlink()
    assert (await issued(opened(tmp_path / "pki"))).chain


@pytest.mark.parametrize("missing", ["ca.pem", "issuing.pem", "issuing.key"])
def test_a_missing_file_is_never_made_anew(tmp_path: Path, missing: str) -> None:
    opened(tmp_path / "pki")
    (tmp_path / "pki" / missing).unlink()
    with pytest.raises(BrokenCa, match=rf"{missing} cannot be read .* Restore it from a backup"):
        opened(tmp_path / "pki")


def test_another_server_key(tmp_path: Path) -> None:
    opened(tmp_path / "pki")
    with pytest.raises(BrokenCa, match=r"issuing.key cannot be unsealed: it belongs to another server.key"):
        opened(tmp_path / "pki", bytes(32))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["ca.pem"], "issuing.pem is not signed by"),
        (["issuing.key"], "issuing.key is not the key of issuing.pem"),
    ],
)
def test_files_of_another_installation(tmp_path: Path, files: list[str], said: str) -> None:
    opened(tmp_path / "pki")
    opened(tmp_path / "other")
    for file in files:
        (tmp_path / "pki" / file).write_text((tmp_path / "other" / file).read_text())
    with pytest.raises(BrokenCa, match=said):
        opened(tmp_path / "pki")


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    opened(tmp_path / "pki")
    (tmp_path / "pki" / "ca.pem").write_text("")
    with pytest.raises(BrokenCa, match=r"ca.pem holds no certificate"):
        opened(tmp_path / "pki")


@pytest.mark.parametrize("cut", range(7))
async def test_a_renewal_that_is_cut_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int) -> None:
    """The next start has the CA of before or the next one, whole; what was issued before counts, and can be revoked."""
    folder, steps = tmp_path / "pki", 0
    before = opened(folder)

    def cuts(real: Any) -> Any:
        def step(*given: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps > cut:
                raise KeyboardInterrupt
            return real(*given)

        return step

    with monkeypatch.context() as patch:
        patch.setattr("ohmstead.pki.local_ca.write_private", cuts(write_private))
        patch.setattr(Path, "replace", cuts(Path.replace))
        with suppress(KeyboardInterrupt):
            renew_issuing(folder, SERVER_KEY, "Ohmstead")
    found = opened(folder)
    if found.issuing == before.issuing:
        assert (found.former, cut < 2) == ((), True)
    else:
        assert (found.former, found.predecessors[0].issuing) == ((before.issuing,), before.issuing)
        assert cut >= 2
    assert not [*folder.glob("next.*")]
    assert (await issued(found)).authority == key_sha256(found.issuing)


def test_two_installations_do_not_share_a_name(tmp_path: Path) -> None:
    one, other = opened(tmp_path / "a"), opened(tmp_path / "b")
    assert one.root.subject != other.root.subject
    assert one.issuing.subject != other.issuing.subject


async def test_what_a_station_gets(local_ca: LocalCa) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    got = await issued(local_ca, key=key)
    leaf, issuing = from_pem(got.chain)
    assert issuing == local_ca.issuing
    assert got.certificate == describe(leaf)
    assert got.authority == key_sha256(local_ca.issuing)
    assert leaf.public_key() == key.public_key()
    assert (got.certificate.common_names, got.certificate.organizations) == (("SN1",), ("Ohmstead",))
    assert got.certificate.not_after - got.certificate.not_before == pytest.approx(STATION_LIFE + HOUR, abs=2_000_000)
    assert got.certificate.not_before < runtime.now() - HOUR + 2_000_000
    found = {one.oid for one in leaf.extensions}
    assert ExtensionOID.EXTENDED_KEY_USAGE not in found  # A00.FR.514
    assert ExtensionOID.SUBJECT_ALTERNATIVE_NAME not in found
    constraints = leaf.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert not constraints.value.ca  # the request asked for a CA


async def test_every_certificate_has_a_serial_number_of_its_own(local_ca: LocalCa) -> None:
    numbers = {(await issued(local_ca)).certificate.serial_number for _ in range(20)}
    assert len(numbers) == 20
    assert all(number.islower() or number.isdigit() for number in numbers)
    assert all(len(number) <= 40 and number[0] != "0" for number in numbers)


@pytest.mark.parametrize("common_name", ["localhost", "CSMS.example.com"])
async def test_no_station_gets_the_name_of_a_server(local_ca: LocalCa, common_name: str) -> None:
    with pytest.raises(CannotIssue, match="is a name of this server"):
        await issued(local_ca, common_name)


@pytest.mark.parametrize("key", [RSA_KEY, ec.generate_private_key(ec.SECP256R1())], ids=["rsa", "ecdsa"])
def test_our_own(local_ca: LocalCa, key: ec.EllipticCurvePrivateKey) -> None:
    names = ("csms.example.com", "localhost", "127.0.0.1", "::1")
    leaf, issuing = local_ca.issue_server(key.public_key(), "Ohmstead", names)
    seen = describe(leaf)
    assert issuing == local_ca.issuing
    assert (seen.common_names, seen.organizations) == (("csms.example.com",), ("Ohmstead",))  # A00.FR.509, .510
    assert seen.not_after - seen.not_before < DAY  # A00.FR.701
    alternatives = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert alternatives.get_values_for_type(x509.DNSName) == ["csms.example.com", "localhost"]
    assert alternatives.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1"), ip_address("::1")]
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.key_encipherment == (key is RSA_KEY)


async def test_nothing_outlives_the_ca_above_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    monkeypatch.setattr(runtime, "clock", clock)
    ca = opened(tmp_path / "pki")
    until = describe(ca.issuing).not_after
    clock.at = until - SERVER_LIFE
    assert (await issued(ca)).certificate.not_after == until
    clock.at = until
    with pytest.raises(CannotIssue, match="The issuing CA expired"):
        await issued(ca)


async def test_openssl_finds_the_way(local_ca: LocalCa, tmp_path: Path, openssl: str) -> None:
    (tmp_path / "chain.pem").write_text((await issued(local_ca)).chain)
    command = [openssl, "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", str(tmp_path / "pki" / "ca.pem")]
    command += ["-untrusted", str(tmp_path / "chain.pem"), str(tmp_path / "chain.pem")]
    done = await anyio.run_process(command, check=False)
    assert done.stdout.endswith(b"chain.pem: OK\n")
