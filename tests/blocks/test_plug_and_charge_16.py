"""Plug & Charge of OCPP 1.6: what comes and goes inside of DataTransfer, in both dialects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks.certificates import CertificateSigned
from ohmstead.blocks.command import Handover, Unsupported
from ohmstead.blocks.installing import (
    CertificateHash,
    DeleteCertificate,
    GetInstalledCertificateIds,
    InstallCertificate,
)
from ohmstead.blocks.remote_control import Trigger
from ohmstead.blocks.renewal import RenewCertificate
from ohmstead.blocks.root_store import SetRoots
from ohmstead.blocks.signing import sign_waiting
from ohmstead.pki.certificate import from_pem, to_pem
from ohmstead.plugcharge.secc_ca import open_secc_ca
from ohmstead.simulator.contract_vehicle import NAMESPACE, new_maker
from ohmstead.store.tables import certificates, installed_certificates
from tests.blocks.staging import SQLITE, Stage, converse
from tests.pki.making import csr, name
from tests.plugcharge.vehicles import EMAID, contract, opened, trust, vehicle

pytestmark = pytest.mark.anyio
OCA, HAS2BE = "org.openchargealliance.iso15118pnc", "iso15118"
HASHES = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa",
    "issuerKeyHash": "bb",
    "serialNumber": "1",
    "responderURL": "http://127.0.0.1",
}


@pytest.fixture
async def car(stage: Stage, tmp_path: Path) -> Any:
    maker = new_maker()
    await trust(stage.db, maker)
    stage.plug_and_charge = opened(stage.db, tmp_path)
    await contract(stage.db)
    return vehicle(maker)


async def say(stage: Stage, action: str, data: Any, vendor_id: str = OCA) -> Any:
    """What a station says by DataTransfer; the data of the answer."""
    said = {"vendorId": vendor_id, "messageId": action, "data": json.dumps(data)}
    answer = await stage.say("DataTransfer", said, "1.6")
    assert answer["status"] == "Accepted", answer
    return json.loads(answer["data"])


@SQLITE
@pytest.mark.parametrize("schema", [{OCA: "iso15118SchemaVersion"}, {HAS2BE: "15118SchemaVersion"}])
async def test_a_vehicle_is_provisioned(stage: Stage, car: Any, schema: dict[str, str]) -> None:
    ((vendor_id, field),) = schema.items()
    answer = await say(stage, "Get15118EVCertificate", {field: NAMESPACE, "exiRequest": car.ask()}, vendor_id)
    assert answer["status"] == "Accepted"
    assert car.take(answer["exiResponse"]).emaid == EMAID
    assert [kind for kind, _ in stage.told] == ["contract.provisioned"]


@SQLITE
async def test_it_authorises_by_its_contract_in_three_ways_of_saying_so(stage: Stage, car: Any) -> None:
    got = await say(stage, "Get15118EVCertificate", {"iso15118SchemaVersion": NAMESPACE, "exiRequest": car.ask()})
    pem = car.take(got["exiResponse"]).pem
    bare = await say(stage, "Authorize", {"idToken": EMAID, "certificate": pem})
    assert bare == {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"}
    whole = await say(stage, "Authorize", {"idToken": {"idToken": EMAID, "type": "eMAID"}, "certificate": pem})
    assert whole["certificateStatus"] == "Accepted"
    theirs = {
        "idToken": {"idToken": EMAID, "type": "eMAID"},
        "15118CertificateHashData": [HASHES | {"responderURL": ""}],
    }
    stranger = await say(stage, "Authorize", theirs, HAS2BE)
    assert stranger == {"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "CertificateRevoked"}


@SQLITE
async def test_what_is_not_so_is_rejected_and_nothing_happens(stage: Stage, car: Any) -> None:
    for data, said in (("{}", "is missing"), ("nonsense", "malformed"), ("[]", "object")):
        words = {"vendorId": OCA, "messageId": "Get15118EVCertificate", "data": data}
        answer = await stage.say("DataTransfer", words, "1.6")
        assert answer["status"] == "Rejected"
        assert said in answer["data"]
    unknown = await stage.say("DataTransfer", {"vendorId": OCA, "messageId": "TransactionEvent"}, "1.6")
    assert unknown == {"status": "UnknownMessageId"}
    assert stage.fed == []


@SQLITE
@pytest.mark.parametrize("vendor_id", [OCA, HAS2BE])
async def test_a_certificate_towards_vehicles(stage: Stage, tmp_path: Path, vendor_id: str) -> None:
    """Asked for, signed, handed over in the station's own dialect, and known to be there."""
    stage.settings = replace(stage.settings, v2g_issuer=replace(stage.settings.v2g_issuer, kind="embedded"))
    stage.plug_and_charge = opened(stage.db, tmp_path)
    await stage.enter(2, serial_number="SN1")
    request = csr(name("SN1", "Ohmstead")).public_bytes(Encoding.PEM).decode()
    kind = "certificateType" if vendor_id == OCA else "typeOfCertificate"
    assert await say(stage, "SignCertificate", {"csr": request, kind: "V2GCertificate"}, vendor_id) == {
        "status": "Accepted"
    }
    issuer = open_secc_ca(tmp_path / "plugcharge", b"s" * 32, stage.plug_and_charge.ca, "")
    assert await sign_waiting(stage.db, {"v2g": issuer}, stage.settings, stage.numbers.rows, runtime.now()) == 1
    ((number, chain, state),) = await stage.rows(
        select(certificates.c.id, certificates.c.chain, certificates.c.state).where(certificates.c.use == "v2g")
    )
    command, ask = CertificateSigned(certificate_id=str(number)), stage.ask("1.6")
    await command.prepare(ask, stage.db)
    ask.certificate = Handover(chain, "V2GCertificate", None)
    calls, sent = command.calls(ask), []
    said = next(calls)
    while said.vendor_id != vendor_id:
        sent.append(said)
        said = calls.send(ask.v.DataTransferResponse(status="UnknownVendorId"))
    data = json.loads(said.data)
    if vendor_id == OCA:
        assert data == {"certificateChain": chain, "certificateType": "V2GCertificate"}
    else:
        ders = b"".join(one.public_bytes(Encoding.DER) for one in from_pem(chain))
        assert data == {"cert": ders.hex(), "typeOfCertificate": "V2GCertificate"}
    words = {"vendorId": said.vendor_id, "messageId": said.message_id, "data": said.data}
    accepted = {"status": "Accepted", "data": '{"status":"Accepted"}'}
    await stage.learn("DataTransfer", words, accepted, "1.6")
    assert state != "installed"
    assert await stage.rows(select(certificates.c.state).where(certificates.c.id == number)) == [("installed",)]
    assert stage.fed[-1] == "certificate.installed"


@SQLITE
async def test_roots_for_vehicles(stage: Stage, tmp_path: Path) -> None:
    root = opened(stage.db, tmp_path).ca.v2g.root.certificate
    install = InstallCertificate(certificate_type="V2GRootCertificate", certificate=to_pem([root]))
    talk = converse(install, "1.6", {"status": "Accepted", "data": '{"status":"Accepted"}'})
    ((action, payload),) = talk.requests
    assert (action, payload["vendorId"], payload["messageId"]) == ("DataTransfer", OCA, "InstallCertificate")
    assert json.loads(payload["data"])["certificateType"] == "V2GRootCertificate"
    assert talk.outcome is not None
    assert talk.outcome.accepted
    await stage.learn("DataTransfer", payload, {"status": "Accepted", "data": '{"status":"Accepted"}'}, "1.6")
    ((kind, algorithm, names, keys, serial),) = await stage.rows(
        select(
            installed_certificates.c.certificate_type, installed_certificates.c.hash_algorithm,
            installed_certificates.c.issuer_name_hash, installed_certificates.c.issuer_key_hash,
            installed_certificates.c.serial_number,
        )
    )  # fmt: skip
    assert kind == "V2GRootCertificate"
    hashed = {"hash_algorithm": algorithm, "issuer_name_hash": names, "issuer_key_hash": keys, "serial_number": serial}
    delete, ask = DeleteCertificate(hash_data=CertificateHash(**hashed)), stage.ask("1.6")
    await delete.prepare(ask, stage.db)
    assert next(delete.calls(ask)).message_id == "DeleteCertificate"


@pytest.mark.parametrize(
    ("command", "message_id"),
    [
        (RenewCertificate(certificate="v2g"), "TriggerMessage"),
        (Trigger(message="SignV2GCertificate"), "TriggerMessage"),
        (GetInstalledCertificateIds(certificate_types=["MORootCertificate"]), "GetInstalledCertificateIds"),
    ],
)
def test_other_calls_go_the_same_way(command: Any, message_id: str) -> None:
    back = {"status": "Accepted"} if message_id == "TriggerMessage" else {"status": "NotFound"}
    talk = converse(command, "1.6", {"status": "Accepted", "data": json.dumps(back)})
    ((_, payload),) = talk.requests
    assert payload["messageId"] == message_id
    assert talk.outcome is not None
    assert talk.outcome.accepted


@pytest.mark.parametrize(
    "answers",
    [
        [{"status": "UnknownVendorId"}, {"status": "UnknownVendorId"}],
        [{"status": "Rejected"}],
        [{"status": "Accepted"}],
        [{"status": "Accepted", "data": "soon"}],
    ],
)
def test_a_station_that_takes_none(answers: list[Any], tmp_path: Path) -> None:
    with pytest.raises(Unsupported):
        converse(RenewCertificate(certificate="v2g"), "1.6", *answers)


@SQLITE
async def test_a_set_of_roots(stage: Stage, tmp_path: Path) -> None:
    root = opened(stage.db, tmp_path).ca.mo.root.certificate
    command = SetRoots(roots=[to_pem([root])], certificate_type="MORootCertificate")
    none = {"status": "Accepted", "data": '{"status":"NotFound"}'}
    talk = converse(command, "1.6", none, {"status": "Accepted", "data": '{"status":"Accepted"}'}, none)
    assert [payload["messageId"] for _, payload in talk.requests] == [
        "GetInstalledCertificateIds", "InstallCertificate", "GetInstalledCertificateIds",
    ]  # fmt: skip
    assert talk.outcome is not None
    assert "does not list it" in (talk.outcome.reason or "")
