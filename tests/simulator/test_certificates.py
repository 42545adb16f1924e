"""The certificates of a simulated station: what it asks for, takes, refuses and reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from msgspec import convert

from ohmstead.simulator.traits import Traits

NOW = datetime(2025, 11, 24, 16, tzinfo=UTC)
ROOT = {"1.6": "CentralSystemRootCertificate"}


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject: str, key: Any, issuer: str, signer: Any, begins: datetime = NOW - timedelta(hours=1)) -> str:
    made = x509.CertificateBuilder(
        name(issuer), name(subject), key, x509.random_serial_number(), begins, begins + timedelta(days=365)
    )
    return made.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


CA = ec.generate_private_key(ec.SECP256R1())
CA_PEM = certificate("CA", CA.public_key(), "CA", CA)


def asked(bench: Any) -> dict[str, Any]:
    """The signing request after a trigger."""
    old = bench.version.name == "1.6"
    action = "ExtendedTriggerMessage" if old else "TriggerMessage"
    message = "SignChargePointCertificate" if old else "SignChargingStationCertificate"
    assert bench.call(action, {"requestedMessage": message}) == {"status": "Accepted"}
    bench.run(1)
    words: dict[str, Any] = bench.csms.of("SignCertificate")[-1]
    return words


def answer(words: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """CertificateSigned for it."""
    request = x509.load_pem_x509_csr(words["csr"].encode())
    common = str(request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    chain = certificate(common, request.public_key(), "CA", CA, changed.pop("begins", NOW - timedelta(hours=1)))
    said = {key: value for key, value in words.items() if key != "csr"}
    return {"certificateChain": chain, **said, **changed}


def test_a_certificate_is_asked_for_and_installed(any_bench: Any) -> None:
    words = asked(any_bench)
    request = x509.load_pem_x509_csr(words["csr"].encode())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "O=Ohmstead,CN=CS001"
    if any_bench.version.name == "2.1":
        assert any_bench.call("CertificateSigned", answer(words, requestId=99)) == {"status": "Rejected"}
    assert any_bench.call("CertificateSigned", answer(words)) == {"status": "Accepted"}
    (own,) = any_bench.controller.certificates.own
    assert x509.load_pem_x509_certificate(own.chain.encode()).public_key() == request.public_key()
    assert any_bench.call("CertificateSigned", answer(words)) == {"status": "Rejected"}  # nothing is asked for any more


def test_what_does_not_fit_is_refused(any_bench: Any) -> None:
    words = asked(any_bench)
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    for bad in (
        {"certificateChain": certificate("CS001", other, "CA", CA)},
        {"certificateChain": "nothing"},
        {"begins": NOW + timedelta(days=1)},
    ):
        assert any_bench.call("CertificateSigned", answer(words, **bad)) == {"status": "Rejected"}
    any_bench.run(1)
    if any_bench.version.name != "1.6":
        assert any_bench.csms.of("SecurityEventNotification")[-1]["type"] == "InvalidChargingStationCertificate"


def test_silence_is_asked_again_with_doubled_waits(any_bench: Any) -> None:
    """A02.FR.17 to .19."""
    any_bench.controller.variables["SecurityCtrlr.CertSigningRepeatTimes"].value = "2"
    asked(any_bench)
    seen = []
    for _ in range(7):
        any_bench.run(60)
        seen.append(len(any_bench.csms.of("SignCertificate")))
    assert seen == [2, 2, 3, 3, 3, 3, 3]
    assert len({one["csr"] for one in any_bench.csms.of("SignCertificate")}) == 3


def test_a_new_certificate_that_does_not_open_the_door(any_bench: Any) -> None:
    """It goes back to the former one (2.1: A02.FR.28)."""
    held = any_bench.controller.certificates
    for _ in range(2):
        assert any_bench.call("CertificateSigned", answer(asked(any_bench))) == {"status": "Accepted"}
    former, fresh = held.own
    held.failed()
    assert held.own == [former, fresh]
    held.failed()
    assert held.own == [former]
    assert any_bench.call("CertificateSigned", answer(asked(any_bench))) == {"status": "Accepted"}
    held.proved()
    assert len(held.own) == 1
    assert held.own != [former]


def test_roots_are_installed_listed_and_deleted(any_bench: Any) -> None:
    version = any_bench.version.name
    kind = ROOT.get(version, "CSMSRootCertificate")
    query = {"certificateType": kind} if version == "1.6" else {"certificateType": [kind]}
    assert any_bench.call("GetInstalledCertificateIds", query) == {"status": "NotFound"}
    words = {"certificateType": kind, "certificate": CA_PEM}
    for _ in range(2):  # the same again takes its own place
        assert any_bench.call("InstallCertificate", words) == {"status": "Accepted"}
    assert any_bench.call("InstallCertificate", words | {"certificate": "none"}) == {"status": "Rejected"}
    listed = any_bench.call("GetInstalledCertificateIds", query)
    (found,) = listed["certificateHashData"] if version == "1.6" else listed["certificateHashDataChain"]
    hashed = found if version == "1.6" else found["certificateHashData"]
    assert any_bench.call("DeleteCertificate", {"certificateHashData": hashed}) == {"status": "Failed"}  # its last one
    second = certificate("CA2", CA.public_key(), "CA2", CA)
    any_bench.call("InstallCertificate", words | {"certificate": second})
    spelled = hashed | {"serialNumber": hashed["serialNumber"].upper()}
    assert any_bench.call("DeleteCertificate", {"certificateHashData": spelled}) == {"status": "Accepted"}
    assert any_bench.call("DeleteCertificate", {"certificateHashData": spelled}) == {"status": "NotFound"}


def test_a_root_that_the_former_one_did_not_sign(any_bench: Any) -> None:
    """AdditionalRootCertificateCheck: M05.FR.09 to .12."""
    any_bench.controller.variables["SecurityCtrlr.AdditionalRootCertificateCheck"].value = "true"
    words = {"certificateType": ROOT.get(any_bench.version.name, "CSMSRootCertificate"), "certificate": CA_PEM}
    assert any_bench.call("InstallCertificate", words) == {"status": "Accepted"}
    other = ec.generate_private_key(ec.SECP256R1())
    alone = certificate("CA2", other.public_key(), "CA2", other)
    vouched = certificate("CA2", other.public_key(), "CA", CA)
    assert any_bench.call("InstallCertificate", words | {"certificate": alone}) == {"status": "Rejected"}
    assert any_bench.call("InstallCertificate", words | {"certificate": vouched}) == {"status": "Accepted"}
    assert len(any_bench.controller.certificates.trusted) == 2


def test_a_store_that_is_full(bench: Any) -> None:
    one = bench("2.0.1").up()
    one.controller.variables["SecurityCtrlr.CertificateEntries"].high = 1
    words = {"certificateType": "CSMSRootCertificate", "certificate": CA_PEM}
    assert one.call("InstallCertificate", words) == {"status": "Accepted"}
    assert one.call("InstallCertificate", words | {"certificateType": "V2GRootCertificate"}) == {"status": "Rejected"}


def test_stations_that_go_their_own_way(bench: Any) -> None:
    traits = convert({"security": {"common_name": "X-{serial}", "uses_new_certificate": False}}, Traits)
    one = bench("2.0.1", traits=traits).up()
    words = asked(one)
    assert x509.load_pem_x509_csr(words["csr"].encode()).subject.rfc4514_string() == "O=Ohmstead,CN=X-CS001"
    assert one.call("CertificateSigned", answer(words)) == {"status": "Accepted"}
    assert one.controller.certificates.own == []


def test_faults_of_certificates(any_bench: Any) -> None:
    faults = any_bench.controller.faults
    faults.certificates = "wrong-name"
    words = asked(any_bench)
    assert "SOMEBODY-ELSE" in x509.load_pem_x509_csr(words["csr"].encode()).subject.rfc4514_string()
    faults.certificates = "refused"
    assert any_bench.call("CertificateSigned", answer(words)) == {"status": "Rejected"}
    faults.certificates = "unused"
    assert any_bench.call("CertificateSigned", answer(words)) == {"status": "Accepted"}
    assert any_bench.controller.certificates.own == []
