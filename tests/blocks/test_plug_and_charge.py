"""Get15118EVCertificate: an answer for the vehicle in every case, and in 2.1 how many contracts are left."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from ohmstead.blocks import plug_and_charge
from ohmstead.plugcharge.opening import PlugAndCharge
from ohmstead.plugcharge.provider import Reply
from ohmstead.simulator.contract_vehicle import NAMESPACE, new_maker
from tests.blocks.staging import SQLITE, Stage
from tests.plugcharge.vehicles import EMAID, contract, opened, trust, vehicle

pytestmark = pytest.mark.anyio


@pytest.fixture
async def car(stage: Stage, tmp_path: Path) -> Any:
    maker = new_maker()
    await trust(stage.db, maker)
    stage.plug_and_charge = opened(stage.db, tmp_path)
    return vehicle(maker)


async def ask(stage: Stage, text: str, version: str = "2.0.1", **fields: Any) -> Any:
    said = {"iso15118SchemaVersion": NAMESPACE, "action": "Install", "exiRequest": text} | fields
    return await stage.say("Get15118EVCertificate", said, version)


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_vehicle_is_provisioned(stage: Stage, car: Any, version: str) -> None:
    await contract(stage.db)
    answer = await ask(stage, car.ask(), version)
    assert answer["status"] == "Accepted"
    assert "remainingContracts" not in answer
    assert car.take(answer["exiResponse"]).emaid == EMAID
    assert stage.told == [("contract.provisioned", {"action": "Install", "emaid": EMAID, "reason": None, "odd": []})]


async def test_how_many_are_left_is_said_where_it_was_asked(stage: Stage, car: Any) -> None:
    for emaid in ("DE8AAC1A2B3C4D", "DE8AAC1A2B3C4E", "DE8AAC1A2B3C4F"):
        await contract(stage.db, emaid)
    left = [(await ask(stage, car.ask(), "2.1", maximumContractCertificateChains=2))["remainingContracts"]]
    left += [(await ask(stage, car.ask(), "2.1", maximumContractCertificateChains=2))["remainingContracts"]]
    assert left == [1, 1]  # of two that are left the vehicle has room for one


@SQLITE
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"iso15118SchemaVersion": "urn:din:70121"}, "is not known"),
        ({"exiRequest": "not base64!"}, "not base64"),
        ({"exiRequest": "AAAA"}, "cannot be read"),
    ],
)
async def test_what_cannot_be_answered_fails_with_nothing_in_it(
    stage: Stage, car: Any, fields: dict[str, Any], said: str
) -> None:
    answer = await ask(stage, car.ask(), **fields)
    assert (answer["status"], answer["exiResponse"]) == ("Failed", "")
    assert said in answer["statusInfo"]["additionalInfo"]
    assert stage.told[0][0] == "contract.refused"


@SQLITE
async def test_a_refusal_is_readable_for_the_vehicle(stage: Stage, car: Any) -> None:
    answer = await ask(stage, car.ask())
    assert answer["status"] == "Failed"
    with pytest.raises(Exception, match="FAILED_NoCertificateAvailable"):
        car.take(answer["exiResponse"])


@SQLITE
async def test_an_answer_that_ocpp_has_no_room_for(stage: Stage, car: Any) -> None:
    class Large:
        name = "large"

        async def answer(self, request: Any) -> Reply:
            return Reply(bytes(6000))

        async def close(self) -> None: ...

    assert stage.plug_and_charge is not None
    stage.plug_and_charge = PlugAndCharge(Large(), stage.plug_and_charge.ca)
    answer = await ask(stage, car.ask())
    assert (answer["status"], answer["exiResponse"]) == ("Failed", "")
    assert len(base64.b64encode(bytes(6000))) > plug_and_charge.LONGEST["2.0.1"]
    assert (await ask(stage, car.ask(), "2.1"))["status"] == "Accepted"
    stage.plug_and_charge = None
    assert (await ask(stage, car.ask()))["status"] == "Failed"
