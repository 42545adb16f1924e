"""A vehicle believes nothing that is not signed for it; tests/plugcharge show it being provisioned."""

from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ohmstead import runtime
from ohmstead.plugcharge import provisioning
from ohmstead.plugcharge.contract_ca import Branch, ContractCa, Pair, issue_certificate, open_contract_ca
from ohmstead.plugcharge.exi import SCHEMAS
from ohmstead.plugcharge.signatures import sign
from ohmstead.simulator.contract_vehicle import ContractVehicle, NotBelieved, maker_of, new_maker

ANSWER = json.loads((Path(__file__).parents[1] / "plugcharge/exi/vectors.json").read_text())["documents"][1]["message"]

PCID = "WMIV1234567890ABCD"
EMAID = "DE8AAC1A2B3C4D"


def test_a_request_carries_the_vehicles_certificate():
    maker = new_maker()
    car = ContractVehicle("WMIV1234567890ABCD", maker)
    body = SCHEMAS["iso15118-2"].decode(base64.b64decode(car.ask(maker.certificate)))["V2G_Message"]["Body"]
    roots = body["CertificateInstallationReq"]["ListOfRootCertificateIDs"]["RootCertificateID"]
    assert roots[0]["X509SerialNumber"] == maker.certificate.serial_number
    car.certificate.verify_directly_issued_by(maker.certificate)


@pytest.mark.parametrize(("code", "said"), [("FAILED_NoCertificateAvailable", "FAILED_No"), ("OK", "not signed")])
def test_what_it_does_not_believe(code, said):
    message = json.loads(json.dumps(ANSWER))
    message["V2G_Message"]["Body"]["CertificateInstallationRes"]["ResponseCode"] = code
    del message["V2G_Message"]["Header"]["Signature"]
    car = ContractVehicle("WMIV1234567890ABCD", new_maker())
    chain = message["V2G_Message"]["Body"]["CertificateInstallationRes"]["SAProvisioningCertificateChain"]
    chain["Certificate"] = base64.b64encode(car.certificate.public_bytes(Encoding.DER)).decode()
    with pytest.raises(NotBelieved, match=said):
        car.take(base64.b64encode(SCHEMAS["iso15118-2"].encode(message)).decode())
    assert car.held is None


@pytest.fixture
def provider(tmp_path):
    """The answer of a provisioning, by the car that asks."""
    authority = open_contract_ca(tmp_path, b"s" * 32)

    def answer(car: ContractVehicle, emaid: str = EMAID, ca: ContractCa = authority) -> str:
        exi = provisioning.provide(provisioning.read(base64.b64decode(car.ask())), emaid, ca, None).exi
        return base64.b64encode(exi).decode()

    return authority, answer


def trusting(*roots: x509.Certificate) -> ContractVehicle:
    return ContractVehicle(PCID, dataclasses.replace(new_maker(), v2g_roots=roots))


def test_a_v2g_root_that_it_trusts(provider):
    authority, answer = provider
    car = trusting(authority.v2g.root.certificate)
    assert car.take(answer(car)).emaid == EMAID
    body = SCHEMAS["iso15118-2"].decode(base64.b64decode(car.ask()))["V2G_Message"]["Body"]
    (named,) = body["CertificateInstallationReq"]["ListOfRootCertificateIDs"]["RootCertificateID"]
    assert named["X509SerialNumber"] == authority.v2g.root.certificate.serial_number


def test_whom_it_does_not_believe(provider):
    """Another root, a root's twin, a signer that provides nothing, one whose time is over, a contract of somebody
    else."""
    authority, answer = provider
    root = authority.v2g.root.certificate
    for roots, said in ((authority.mo.root.certificate, "NoRoot"), (new_twin(root), "CertChainError")):
        car = trusting(roots)
        with pytest.raises(NotBelieved, match=said):
            car.take(answer(car))
    car = trusting(root)
    with pytest.raises(NotBelieved, match="CertificateExpired"):
        car.take(answer(car), runtime.now() + 2 * 365 * 86_400_000_000)
    with pytest.raises(NotBelieved, match="not of"):
        car.take(changed(answer(car), "eMAID", {"Id": "id4", "value": "DE8AAC1A2B3C4E"}, authority))
    leaf, key = authority.issue_contract(EMAID, None)
    other = ContractCa(authority.mo, Branch(authority.mo.root, authority.mo.subs))
    other._cps = Pair(leaf[0], key)
    car = trusting(authority.mo.root.certificate)
    with pytest.raises(NotBelieved, match="DC=CPS"):
        car.take(answer(car, ca=other))
    assert car.held is None


def new_twin(root: x509.Certificate) -> x509.Certificate:
    """Another authority of the same name."""
    key = ec.generate_private_key(ec.SECP256R1())
    return issue_certificate(root.subject, key.public_key(), None, key, 10**12, 2)


def changed(answer: str, name: str, value: object, authority: ContractCa) -> str:
    """The answer with another element in it, signed anew by the provider."""
    message = SCHEMAS["iso15118-2"].decode(base64.b64decode(answer))
    body = message["V2G_Message"]["Body"]["CertificateInstallationRes"]
    body[name] = value
    signed = ("ContractSignatureCertChain", "ContractSignatureEncryptedPrivateKey", "DHpublickey", "eMAID")
    message["V2G_Message"]["Header"]["Signature"] = sign([(one, body[one]) for one in signed], authority.cps.key)
    return base64.b64encode(SCHEMAS["iso15118-2"].encode(message)).decode()


def test_a_makers_file_and_the_roots_of_its_cars(provider, tmp_path):
    root = tmp_path / "v2g-root.pem"
    for _ in range(2):  # made, then read
        maker = maker_of(tmp_path / "maker.pem", root)
        assert maker.v2g_roots == (provider[0].v2g.root.certificate,)
    with pytest.raises(OSError, match=r"none\.pem"):
        maker_of(tmp_path / "maker.pem", tmp_path / "none.pem")
