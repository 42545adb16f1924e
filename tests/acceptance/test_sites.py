"""A site kept inside its fuse over real sockets: what is refused or never answered is not taken for applied."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import Station, at, event, serving

pytestmark = pytest.mark.anyio
FUSE_A = 32


async def answers(station: Station, orders: list[float], to_orders: str | None) -> None:
    """Whatever is asked is accepted; orders (TxProfile) get this status, or (None) no answer. What it accepted is
    kept."""
    async for text in station.socket:
        call = json.loads(text)
        if call[0] != 2:
            continue
        profile = call[3].get("chargingProfile", {})
        is_order = profile.get("chargingProfilePurpose") == "TxProfile"
        status = to_orders if is_order else "Accepted"
        if is_order and status == "Accepted":
            orders.append(profile["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"])
        if status is not None:
            await station.answer(call, {"status": status})


@pytest.mark.parametrize(("status", "state", "may_a"), [("Rejected", "rejected", 32), (None, "timed_out", 16)])
async def test_k15_what_was_not_accepted_is_not_applied_and_the_others_make_room(
    tmp_path: Path, status: str | None, state: str, may_a: float
) -> None:
    async with serving(tmp_path, unasked_calls=("limits",), call_timeout=0.5) as csms:
        site = (await csms.post("sites", {"name": "Depot", "limit_a": [FUSE_A] * 3}))["id"]
        orders: dict[str, list[float]] = {"CS1": [], "CS2": []}
        for identity in orders:
            await csms.add_station(identity, site_id=site)

        async def evse(identity: str) -> Any:
            plan = await csms.post(f"sites/{site}/plan", {})
            return next(one for one in plan["evses"] if one["station_id"] == identity)

        async with csms.station("CS1") as good, csms.station("CS2") as bad, asyncio.TaskGroup() as tasks:
            serving_them = [
                tasks.create_task(answers(good, orders["CS1"], "Accepted")),
                tasks.create_task(answers(bad, orders["CS2"], status)),
            ]
            started = event("Started", 0, evse=1, info={"chargingState": "Charging"})
            await good.socket.send(json.dumps([2, "good", "TransactionEvent", started]))
            await csms.until(lambda: asyncio.sleep(0, orders["CS1"]), lambda found: found[-1:] == [FUSE_A])
            plugged = {**started, "triggerReason": "CablePluggedIn"}
            await bad.socket.send(json.dumps([2, "bad", "TransactionEvent", plugged]))
            seen = await csms.until(
                lambda: csms.get("commands", station_id="CS2"),
                lambda found: state in {one["state"] for one in found["data"]},
            )
            assert {one["type"] for one in seen["data"]} == {"set_charging_profile"}
            await csms.until(lambda: evse("CS1"), lambda one: one["ordered_a"] == FUSE_A - may_a)
            told = await evse("CS2")
            assert (told["ordered_a"], told["may_draw_a"], orders["CS2"]) == (None, may_a, [])
            assert orders["CS1"][-1] + told["may_draw_a"] <= FUSE_A
            assert told["reason"]["code"] == ("disobedient" if status else "full")
            for task in serving_them:
                task.cancel()


async def test_rows_of_energy_over_a_socket(tmp_path: Path) -> None:
    """K04, K09, K12, K13 and L13 with a station that nobody here wrote, and what the API says afterwards."""
    async with serving(tmp_path) as csms:
        site = (await csms.post("sites", {"name": "Depot", "limit_a": [FUSE_A] * 3}))["id"]
        await csms.add_station(site_id=site)
        async with csms.station("CS1", "2.1") as station:
            await station.call("TransactionEvent", event("Started", 0, evse=1))
            purpose = {"chargingProfileCriteria": {"chargingProfilePurpose": "ChargingStationExternalConstraints"}}
            raw = {"ocpp": {"action": "ClearChargingProfile", "payload": purpose}}
            refused = await csms.api.post("stations/CS1/commands", json=raw)
            assert (refused.status_code, "K10.FR.06" in refused.text) == (422, True)  # K04

            async def share() -> Any:
                return (await csms.post(f"sites/{site}/plan", {}))["evses"][0]

            assert (await share())["limit_a"] == FUSE_A
            periods = [{"startPeriod": 0, "limit": 10.0}]
            schedule = {"id": 1, "chargingRateUnit": "A", "startSchedule": at(), "chargingSchedulePeriod": periods}
            limit = {"chargingLimit": {"chargingLimitSource": "EMS"}, "evseId": 1, "chargingSchedule": [schedule]}
            assert await station.call("NotifyChargingLimit", limit) == {}
            limited = await share()
            assert (limited["limit_a"], limited["reason"]["text"]) == (10, "10 A: limited by EMS")  # K09
            over = {"chargingLimitSource": "EMS", "evseId": 1}
            assert await station.call("ClearedChargingLimit", over) == {}
            assert (await share())["limit_a"] == FUSE_A

            needs = {"requestedEnergyTransfer": "DC", "controlMode": "ScheduledControl"}
            said = await station.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})
            assert said == {"status": "NoChargingProfile"}  # K12
            pulled = await station.call("PullDynamicScheduleUpdate", {"chargingProfileId": 99})
            assert pulled["status"] == "Rejected"  # K13

            asked = await csms.command("CS1", {"type": "get_der_control"})
            call = await station.next_call()
            await station.answer(call, {"status": "Accepted"})
            parts = [("g", {"tbc": True}), ("h", {})]
            for name, more in parts:
                gradient = {"priority": 1, "gradient": 1, "softGradient": 1}
                part = {"requestId": call[3]["requestId"], "gradient": [{"id": name, "gradient": gradient}], **more}
                assert await station.call("ReportDERControl", part) == {}
            await csms.command_in(asked["id"], "confirmed")
            controls = await csms.get("stations/CS1/der-controls")
            assert {one["control_id"] for one in controls["data"]} == {"g", "h"}
            alarm = {"controlType": "HFMustTrip", "timestamp": at(), "gridEventFault": "OverFrequency"}
            for ended, state in ((False, "firing"), (True, "resolved")):
                assert await station.call("NotifyDERAlarm", alarm | {"alarmEnded": ended}) == {}
                assert [one["state"] for one in (await csms.get("alerts"))["data"]] == [state]  # L13
