"""Roots brought to what they should be, call by call."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.blocks.root_store import ENTRIES, SetRoots
from ohmstead.domain.device_model import Characteristics, Variable
from ohmstead.pki.certificate import from_pem, material
from tests.blocks.staging import converse
from tests.pki.making import ca, station
from tests.simulator.test_certificates import CA, certificate

OLD, NEW = (certificate(name, CA.public_key(), name, CA) for name in ("Old", "New"))
ACCEPTED = {"status": "Accepted"}


def listed(version: str, *pems: str) -> dict[str, Any]:
    found = []
    for one in (from_pem(pem)[0] for pem in pems):
        data = material(one, one).hashed("SHA256")
        found.append({"hashAlgorithm": "SHA256", "issuerNameHash": data.issuer_name_hash,
                      "issuerKeyHash": data.issuer_key_hash, "serialNumber": data.serial_number})  # fmt: skip
    if not found:
        return {"status": "NotFound"}
    if version == "1.6":
        return {**ACCEPTED, "certificateHashData": found}
    chains = [{"certificateType": "CSMSRootCertificate", "certificateHashData": one} for one in found]
    return {**ACCEPTED, "certificateHashDataChain": chains}


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_the_old_one_goes_when_the_new_one_is_there(version: str) -> None:
    talk = converse(
        SetRoots(roots=[NEW], remove_others=True), version,
        listed(version, OLD), ACCEPTED, listed(version, OLD, NEW), ACCEPTED,
    )  # fmt: skip
    assert [action for action, _ in talk.requests] == [
        "GetInstalledCertificateIds", "InstallCertificate", "GetInstalledCertificateIds", "DeleteCertificate"
    ]  # fmt: skip
    (gone,) = listed("1.6", OLD)["certificateHashData"]
    assert talk.requests[-1][1] == {"certificateHashData": gone}
    assert (talk.outcome.accepted, talk.outcome.reason) == (True, "1 installed, 1 deleted")


def test_nothing_is_deleted_before_that() -> None:
    command = SetRoots(roots=[NEW], remove_others=True)
    talk = converse(command, "2.0.1", listed("2.0.1", OLD), {"status": "Rejected"})
    assert not talk.outcome.accepted
    assert "nothing was deleted" in talk.outcome.reason
    talk = converse(command, "2.0.1", listed("2.0.1", OLD), ACCEPTED, listed("2.0.1", OLD))  # it said so, and did not
    assert "does not list it" in talk.outcome.reason
    slots = Variable(ENTRIES, (), characteristics=Characteristics("integer", max_limit=1))
    talk = converse(command, "2.0.1", listed("2.0.1", OLD), known=[slots])
    assert "has room for 1" in talk.outcome.reason


def test_what_is_there_already() -> None:
    talk = converse(SetRoots(roots=[OLD, NEW]), "2.1", listed("2.1", OLD, NEW))
    assert (talk.outcome.accepted, talk.outcome.reason) == (True, "0 installed, 0 deleted")


def test_nobody_is_left_without_the_root_of_ours() -> None:
    """What would lock the station out is not even begun."""
    ours = ca("Ours")
    chain = (station(ours, "csms").x509,)
    command = SetRoots(roots=[NEW], remove_others=True)
    talk = converse(command, "2.0.1", shown=[chain], security_profile=2)
    assert talk.requests == []
    assert "None of roots is above" in talk.outcome.reason
    for roots, profile in (([NEW, ours.pem], 3), ([NEW], 1)):
        kept = SetRoots(roots=roots, remove_others=True)
        talk = converse(kept, "2.0.1", listed("2.0.1", *roots), shown=[chain], security_profile=profile)
        assert talk.outcome.accepted
    other = SetRoots(roots=[NEW], remove_others=True, certificate_type="V2GRootCertificate")
    assert converse(other, "2.0.1", {"status": "NotFound"}, {"status": "Rejected"}, shown=[chain], security_profile=3)
    assert converse(SetRoots(roots=[NEW]), "2.0.1", listed("2.0.1", NEW), shown=[chain], security_profile=3)
