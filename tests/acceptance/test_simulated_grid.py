"""Energy both ways, the grid, swaps and customers: from the API to a simulated station of 2.1 and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ohmstead.simulator import Ev, Station
from tests.acceptance.serving import PASSWORD, Csms, serving

pytestmark = pytest.mark.anyio
CURVE = {"priority": 1, "yUnit": "PctMaxW", "curveData": [{"x": 50.2, "y": 100}, {"x": 51.5, "y": 0}]}


@pytest.fixture
async def csms(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Csms]:
    async with serving(tmp_path) as one:
        yield one


async def test_energy_both_ways_and_the_grid(csms: Csms) -> None:
    await csms.add_station("CS1")
    await csms.post("tokens", {"token": "04A1B2C3", "type": "ISO14443"})
    async with Station("CS1", url=csms.url, version="2.1", password=PASSWORD, speed=None) as station:
        assert await station.boot() == "Accepted"

        async def done(asked: dict[str, Any]) -> dict[str, Any]:
            """The command once it is settled."""
            for _ in range(100):
                seen: dict[str, Any] = await csms.get(f"commands/{asked['id']}")
                if seen["state"] not in ("queued", "sent", "accepted"):
                    return seen
                await station.wait(1)
            raise AssertionError(seen)

        async def ask(**words: Any) -> dict[str, Any]:
            return await csms.command_in((await csms.command("CS1", words))["id"], "accepted", "rejected")

        await station.plug(1, Ev(soc=90, battery_wh=20_000, max_discharge_w=8_000, departs_in_s=7_200))
        assert await station.swipe("04A1B2C3") == "Accepted"
        needs = [one.payload for one in station.sent if one.kind == 2 and one.action == "NotifyEVChargingNeeds"]
        assert needs[0]["chargingNeeds"]["requestedEnergyTransfer"] == "AC_BPT"
        transaction = station.controller.books[0].id
        period = {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": 0.0}
        schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
        profile = {
            "id": 77, "stackLevel": 1, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Dynamic",
            "transactionId": transaction, "chargingSchedule": [schedule],
        }  # fmt: skip
        raw = {"action": "SetChargingProfile", "payload": {"evseId": 1, "chargingProfile": profile}}
        assert (await ask(ocpp=raw))["state"] == "accepted"
        moved = await ask(type="update_dynamic_schedule", profile_id=77, setpoint=-5_000)
        assert moved["state"] == "accepted", moved
        await station.charge(1, minutes=12)
        assert station.evse(1).exported_wh == pytest.approx(1_000, rel=0.05)

        assert (await ask(type="use_priority_charging", transaction_id=transaction))["reason"] == "NoProfile"
        set_ = await ask(
            type="set_der_control", control_id="c1", control_type="FreqWatt", is_default=True, settings=CURVE
        )
        assert set_["state"] == "accepted", set_
        read = await done(await csms.command("CS1", {"type": "get_der_control"}))
        assert read["state"] == "confirmed", read
        asked = await csms.command("CS1", {"type": "customer_information", "report": True, "token": "04A1B2C3"})
        assert (await done(asked))["state"] == "confirmed"
        swap = await csms.command("CS1", {"type": "request_battery_swap", "token": "04A1B2C3"})
        await csms.command_in(swap["id"], "accepted")
        station.controller.swaps.bring([Ev(soc=10)])
        station.controller.swaps.take()
        assert (await done(swap))["state"] == "confirmed"
