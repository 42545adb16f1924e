"""A vehicle believes nothing that is not signed for it; tests/plugcharge show it being provisioned."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ohmstead.plugcharge.exi import SCHEMAS
from ohmstead.simulator.contract_vehicle import ContractVehicle, NotBelieved, new_maker

ANSWER = json.loads((Path(__file__).parents[1] / "plugcharge/exi/vectors.json").read_text())["documents"][1]["message"]


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
