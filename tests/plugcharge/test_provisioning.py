"""The message itself; test_provider.py has who gets one."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from ohmstead.plugcharge import provisioning
from ohmstead.plugcharge.contract_ca import open_contract_ca
from ohmstead.plugcharge.exi import SCHEMAS, ExiError
from ohmstead.plugcharge.signatures import BadSignature
from ohmstead.simulator.contract_vehicle import NotBelieved
from tests.plugcharge.vehicles import EMAID, PCID, vehicle

UPDATE_WITHOUT_SIGNATURE = json.loads((Path(__file__).parent / "exi/vectors.json").read_text())["documents"][2]


def test_what_is_asked():
    asked = provisioning.read(base64.b64decode(vehicle().ask()))
    assert (asked.kind, asked.name, asked.session_id) == ("CertificateInstallation", PCID, "0102030405060708")


def test_the_session_is_that_of_the_request_and_the_key_is_for_one_reader(tmp_path):
    car, ca = vehicle(), open_contract_ca(tmp_path, b"s" * 32)
    given = provisioning.provide(provisioning.read(base64.b64decode(car.ask())), EMAID, ca, None)
    message = SCHEMAS["iso15118-2"].decode(given.exi)["V2G_Message"]
    assert message["Header"]["SessionID"] == "0102030405060708"
    answer = base64.b64encode(given.exi).decode()
    assert len(answer) <= 7500  # OCPP 2.0.1
    with pytest.raises((NotBelieved, ValueError)):
        vehicle().take(answer)
    assert car.take(answer).emaid == EMAID


def test_a_request_that_nobody_signed():
    with pytest.raises((BadSignature, ExiError)):
        provisioning.read(base64.b64decode(UPDATE_WITHOUT_SIGNATURE["exi"]))
