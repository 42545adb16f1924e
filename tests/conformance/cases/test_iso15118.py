"""Vehicles with contracts: ours passes; one that spoils what it hands on, or believes everybody, does not."""

from __future__ import annotations

import base64

import pytest

from ohmstead.conformance import Case
from ohmstead.ocpp.versions import Version
from ohmstead.plugcharge.exi import SCHEMAS
from tests.conformance.serving import Bench, Frame, named, of, once

pytestmark = pytest.mark.anyio
CASES = of("iso15118")
EXI = SCHEMAS["iso15118-2"]


def garbled(frame: Frame, action: str) -> Frame:
    """What the vehicle gets is changed on its way."""
    if frame[0] != 3 or action != "Get15118EVCertificate" or not frame[2].get("exiResponse"):
        return frame
    message = EXI.decode(base64.b64decode(frame[2]["exiResponse"]))
    ((_, body),) = message["V2G_Message"]["Body"].items()
    body["eMAID"]["value"] = "DEXXXC0000000000"[: len(body["eMAID"]["value"])]
    return [3, frame[1], frame[2] | {"exiResponse": base64.b64encode(EXI.encode(message)).decode()}]


def obliging(frame: Frame, action: str) -> Frame:
    """Everything is good."""
    if frame[0] != 3:
        return frame
    match action:
        case "Get15118EVCertificate":
            return [3, frame[1], frame[2] | {"status": "Accepted"}]
        case "Authorize":
            return [3, frame[1], {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"}]
        case "GetCertificateStatus":
            return [3, frame[1], {"status": "Accepted", "ocspResult": "MAA="}]
    return frame


def strict(frame: Frame, action: str) -> Frame:
    """Nobody charges by contract."""
    if frame[0] != 3 or action != "Authorize":
        return frame
    return [3, frame[1], {"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "ContractCancelled"}]


def forgetful(frame: Frame, action: str) -> Frame:
    """What was once accepted stays so."""
    if frame[0] != 3 or action != "Authorize" or frame[2].get("certificateStatus") != "CertificateRevoked":
        return frame
    return [3, frame[1], {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"}]


SPOILS = {
    "TC_C_51_CSMS": forgetful,
    "TC_M_26_CSMS": garbled,
    "TC_M_28_CSMS": garbled,
    "TC_C_50_CSMS": strict,
    "TC_C_52_CSMS": strict,
}


@pytest.mark.parametrize(("one", "version"), CASES, ids=named)
async def test_ours_passes(bench: Bench, one: Case, version: Version) -> None:
    found = await bench.play(one, version)
    assert found.verdict == "pass", found.reason


@pytest.mark.parametrize(("one", "version"), once(CASES), ids=named)
async def test_a_mutant_is_caught(bench: Bench, one: Case, version: Version) -> None:
    assert (await bench.play_mutant(one, version, SPOILS.get(one.id, obliging))).verdict == "fail"


async def test_without_a_car_there_is_nothing_to_ask(bench: Bench) -> None:
    one, version = next(pair for pair in CASES if pair[0].id == "TC_M_26_CSMS")
    found = await bench.play(one, version, operator=None)
    assert (found.verdict, found.reason) == ("not_applicable", "the driver names no car with a contract ([vehicle])")
