"""From nothing to a vehicle that authorises itself: over HTTP and a real socket."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.contract_vehicle import NAMESPACE, ContractVehicle, new_maker
from tests.acceptance.serving import Csms, event

pytestmark = pytest.mark.anyio
PCID = "WMIV9234567890ABCD"


async def test_a_car_plugs_in_and_charges_with_no_card(csms: Csms, known: str) -> None:
    maker = new_maker()
    car = ContractVehicle(PCID, maker)
    await csms.post("certificate-authorities", {"name": "Maker", "certificate": maker.pem, "uses": ["oem"]})
    made = await csms.post("contracts", {"emaid": "DE-8AA-C9A2B3C4D", "pcid": PCID})
    async with csms.station(known) as station:
        asked = {"iso15118SchemaVersion": NAMESPACE, "action": "Install", "exiRequest": car.ask()}
        given = await station.call("Get15118EVCertificate", asked)
        assert given["status"] == "Accepted"
        held = car.take(given["exiResponse"])
        token = {"idToken": held.emaid, "type": "eMAID"}
        answer = await station.call("Authorize", {"idToken": token, "certificate": held.pem})
        assert (answer["certificateStatus"], answer["idTokenInfo"]["status"]) == ("Accepted", "Accepted")
        started = event("Started", 0, 0, "pnc-1", token=token, evse=1, wh=0)
        assert (await station.call("TransactionEvent", started))["idTokenInfo"]["status"] == "Accepted"
        await csms.post(f"contracts/{made['emaid']}/revoke", None)
        answer = await station.call("Authorize", {"idToken": token, "certificate": held.pem})
        assert (answer["certificateStatus"], answer["idTokenInfo"]["status"]) == ("CertificateRevoked", "Invalid")
        refused = await station.call("Get15118EVCertificate", asked | {"exiRequest": car.ask()})
        assert refused["status"] == "Failed"
    shown: dict[str, Any] = await csms.get(f"contracts/{made['emaid']}")
    assert (shown["state"], shown["certificates"]) == ("revoked", 1)
    told = [one["type"].removeprefix("ohmstead.contract.") for one in await csms.feed("contract")]
    assert told == ["created", "provisioned", "revoked", "refused"]
