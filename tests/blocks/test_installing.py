"""Roots in stations: installed, listed, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.blocks.installing import (
    CSMS_ROOT,
    CertificateHash,
    DeleteCertificate,
    GetInstalledCertificateIds,
    Held,
    InstallCertificate,
)
from ohmstead.pki.certificate import material, to_pem
from ohmstead.pki.local_ca import open_ca
from ohmstead.store import installed_certificates
from tests.blocks.staging import SQLITE, Stage, converse
from tests.pki.making import ca, station

HASH = {"hashAlgorithm": "SHA384", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "1f"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    return to_pem([open_ca(tmp_path_factory.mktemp("pki") / "pki", b"k" * 32, "Ohmstead", ()).root])


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize("status", ["Accepted", "Rejected", "Failed"])
def test_a_root_is_installed(root: str, version: str, status: str) -> None:
    """S30."""
    command = InstallCertificate(certificate_type="CSMSRootCertificate", certificate=root)
    talk = converse(command, version, {"status": status})
    kind = "CentralSystemRootCertificate" if version == "1.6" else "CSMSRootCertificate"
    assert talk.requests == [("InstallCertificate", {"certificateType": kind, "certificate": root})]
    assert talk.outcome.accepted == (status == "Accepted")


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_one_is_deleted_in_the_words_of_the_station(version: str) -> None:
    """S31, M04.FR.07."""
    data = CertificateHash(hash_algorithm="SHA384", issuer_name_hash="aa", issuer_key_hash="bb", serial_number="1f")
    talk = converse(DeleteCertificate(hash_data=data), version, {"status": "Accepted"})
    assert talk.requests == [("DeleteCertificate", {"certificateHashData": HASH})]


@pytest.mark.parametrize("version", ["1.6", "2.1"])
@pytest.mark.parametrize(
    ("kind", "others", "profile", "goes"),
    [
        (CSMS_ROOT, (), 2, False),
        (None, (), 3, False),  # it never listed what it has
        (CSMS_ROOT, ("Other",), 3, False),
        (CSMS_ROOT, ("Ours",), 3, True),  # the next one, by the same name
        (CSMS_ROOT, (), 1, True),
        ("ManufacturerRootCertificate", (), 3, True),
    ],
)
def test_the_last_root_of_ours_stays(
    version: str, kind: Any, others: tuple[str, ...], profile: int, goes: bool
) -> None:
    """Without it the station could not connect any more."""

    def hashed(root: Any) -> Any:
        return material(root.x509, root.x509).hashed("SHA256")

    ours = ca("Ours")
    one = hashed(ours)
    data = CertificateHash(
        hash_algorithm="SHA256", issuer_name_hash=one.issuer_name_hash.upper(), issuer_key_hash=one.issuer_key_hash,
        serial_number=one.serial_number,
    )  # fmt: skip
    talk = converse(
        DeleteCertificate(hash_data=data), version, *([{"status": "Accepted"}] if goes else []),
        found=Held(kind, tuple(hashed(ca(name)) for name in others)), security_profile=profile,
        shown=[(station(ours, "csms").x509,)],
    )  # fmt: skip
    assert talk.outcome.accepted is goes
    assert goes or "no other root above CN=csms" in talk.outcome.reason


def test_all_are_listed() -> None:
    """S32: the type is left out; 1.6 is asked for one after the other."""
    talk = converse(GetInstalledCertificateIds(), "2.0.1", {"status": "NotFound"})
    assert talk.requests == [("GetInstalledCertificateIds", {})]
    assert talk.outcome.accepted
    talk = converse(GetInstalledCertificateIds(), "1.6", {"status": "NotFound"}, {"status": "NotFound"})
    assert [words["certificateType"] for _, words in talk.requests] == [
        "CentralSystemRootCertificate", "ManufacturerRootCertificate"
    ]  # fmt: skip


@SQLITE
@pytest.mark.anyio
async def test_what_is_learnt(stage: Stage, root: str) -> None:
    async def known() -> list[tuple[str, str]]:
        found = await installed_certificates.of_station(stage.db, 1)
        return [(one.certificate_type, one.hash_data.hash_algorithm) for one in found]

    told: Any = {"status": "Accepted", "certificateHashDataChain": [
        {"certificateType": "MORootCertificate", "certificateHashData": HASH}
    ]}  # fmt: skip
    await stage.learn("GetInstalledCertificateIds", {}, told)
    assert await known() == [("MORootCertificate", "SHA384")]
    words = {"certificateType": "CSMSRootCertificate", "certificate": root}
    await stage.learn("InstallCertificate", words, {"status": "Rejected"})
    await stage.learn("InstallCertificate", words, {"status": "Accepted"})
    assert await known() == [("CSMSRootCertificate", "SHA384"), ("MORootCertificate", "SHA384")]
    await stage.learn("DeleteCertificate", {"certificateHashData": HASH}, {"status": "Failed"})
    await stage.learn("DeleteCertificate", {"certificateHashData": HASH}, {"status": "Accepted"})
    assert await known() == [("CSMSRootCertificate", "SHA384")]
    await stage.learn(
        "GetInstalledCertificateIds", {"certificateType": ["CSMSRootCertificate"]}, {"status": "NotFound"}
    )
    assert await known() == []
    assert stage.fed == ["certificate.root_installed", "certificate.root_deleted"]
