"""Energy both ways, the grid, swaps and customers: from the API to a simulated station of 2.1 and back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ohmstead.energy_settings import Energy
from ohmstead.simulator import Ev, Station
from tests.acceptance.serving import PASSWORD, PATIENCE, Csms, serving

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


async def test_a_car_gives_back_along_the_prices_and_its_meter_says_so(tmp_path: Path) -> None:
    """From prices to kilowatts: the car's needs, the plan, a setpoint below 0, and a meter that shows it."""
    async with serving(tmp_path, more={"energy": Energy(discharge=True)}, unasked_calls=("limits",)) as csms:
        site = (await csms.post("sites", {"name": "Depot", "limit_a": [40, 40, 40]}))["id"]
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        edges = [(hour + timedelta(hours=n)).isoformat() for n in range(6)]
        slots = [{"from": edges[n], "to": edges[n + 1], "price": price} for n, price in enumerate(PRICES)]
        answer = await csms.api.put(f"sites/{site}/prices", json={"unit": "EUR/kWh", "slots": slots})
        assert answer.status_code == 200, answer.text
        await csms.add_station("CS1", site_id=site)
        await csms.post("tokens", {"token": "04A1B2C3", "type": "ISO14443"})
        async with Station("CS1", url=csms.url, version="2.1", password=PASSWORD, speed=None) as station:
            assert await station.boot() == "Accepted"
            await station.plug(1, Ev(soc=90, battery_wh=20_000, max_discharge_w=8_000, departs_in_s=4 * 3_600))
            assert await station.swipe("04A1B2C3") == "Accepted"
            await station.charge(1, minutes=1)  # its meter must tell that it measures both ways
            async with asyncio.timeout(PATIENCE):
                while "setpoint" not in str(profiles(station)[-1:]):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            [period] = profiles(station)[-1]["chargingSchedule"][0]["chargingSchedulePeriod"]
            assert (period["operationMode"], period["setpoint"] < -7_000) == ("CentralSetpoint", True)
            await station.charge(1, minutes=6)
            assert station.evse(1).exported_wh == pytest.approx(790, rel=0.1)
            one = await csms.transaction()
            assert one["power_w"] == pytest.approx(period["setpoint"], rel=0.02)
            plan = await csms.post(f"sites/{site}/plan", {})
            share = next(each for each in plan["evses"] if each["transaction_id"])
            assert share["measured_w"] == one["power_w"]
            assert "out of the car, because this hour is dear" in share["reason"]["text"]


PRICES = (0.9, 0.9, 0.05, 0.05, 0.3)


def profiles(station: Station) -> list[dict[str, Any]]:
    """Those that it was sent."""
    calls = (one for one in station.received if one.kind == 2 and one.action == "SetChargingProfile")
    return [one.payload["chargingProfile"] for one in calls]


async def test_a_signal_reaches_many_sockets_and_its_way_is_timed(csms: Csms) -> None:
    """AFRRSignal to eight real connections, one of which answers late: nobody waits for it."""
    top = (await csms.post("sites", {"name": "Portfolio"}))["id"]
    async with AsyncExitStack() as opened:
        stations = []
        for n in range(8):
            await csms.add_station(f"CS{n}", site_id=top)
            stations.append(await opened.enter_async_context(csms.station(f"CS{n}", "2.1")))
        came = time.monotonic()
        asked = asyncio.create_task(csms.post("afrr-signals", {"signal": -3, "site_ids": [top]}))

        async def follow(n: int) -> float:
            call = await stations[n].next_call()
            at = time.monotonic() - came
            assert (call[2], call[3]["signal"]) == ("AFRRSignal", -3)
            await asyncio.sleep(0.3 if n == 7 else 0)
            await stations[n].answer(call, {"status": "Accepted"})
            return at

        seen = await asyncio.gather(*(follow(n) for n in range(8)))
        found = await asked
    assert (found["accepted"], found["pending"]) == (8, 0)
    latency = found["latency_ms"]
    assert latency["sent_p50"] <= latency["sent_max"] <= max(seen) * 1_000 + 5  # as the wire saw it
    assert latency["answered_p50"] < 300 <= latency["answered_max"]
