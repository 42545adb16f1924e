"""Energy both ways, swaps and the grid; contracts are in tests/acceptance/test_simulated_contract.py."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.ocpp.versions import V16, V21, V201
from ohmstead.simulator import Unmet
from tests.simulator.test_steps import make, play, step

pytestmark = pytest.mark.anyio


async def test_energy_both_ways_swaps_and_the_grid(served: Any) -> None:
    async with served("2.1") as csms, make(csms, version="2.1") as station:
        await play(
            station,
            {"do": "boot"},
            {"do": "plug", "soc": 90, "max_discharge_w": 6000, "min_soc": 50, "departs_in_minutes": 60},
            {"do": "swipe", "token": "TAG"},
            {"do": "check", "sent": "NotifyEVChargingNeeds", "times": 1},
        )
        curve = [{"frequency": 49.8, "power": -6000}, {"frequency": 50.2, "power": 6000}]
        period = {"startPeriod": 0, "operationMode": "LocalFrequency", "v2xBaseline": 0, "v2xFreqWattCurve": curve}
        profile = {
            "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
            "chargingSchedule": [{"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}],
        }  # fmt: skip
        await csms.ask("SetChargingProfile", {"evseId": 1, "chargingProfile": profile})
        await play(
            station,
            {"do": "expect", "call": "SetChargingProfile"},
            {"do": "grid", "frequency_hz": 49.7},
            {"do": "charge", "minutes": 10, "gives_back_wh": 950, "at_most_wh": 20},
            {"do": "grid", "alarm": "LFMustTrip", "fault": "UnderFrequency"},
            {"do": "check", "sent": "NotifyDERAlarm", "times": 1},
            {"do": "swap", "token": "TAG", "brings": [10]},
            {"do": "check", "sent": "BatterySwap", "times": 2},
        )
        with pytest.raises(Unmet, match="to come back"):
            await play(station, {"do": "charge", "minutes": 1, "gives_back_wh": 10})
        with pytest.raises(Unmet, match="a PriorityCharging profile"):
            await play(station, {"do": "priority"})
    for words in ({"do": "grid", "alarm": "LVMustTrip"}, {"do": "priority"}, {"do": "swap", "brings": [1]}):
        assert step(**words).objection(V201) == "only a station of 2.1 can"
        assert step(**words).objection(V21) is None
    assert "did you mean" in (step(do="grid", alarm="LVMustTripp").objection(V21) or "")


async def test_contracts_need_a_maker_and_a_car(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms) as station:
        await play(station, {"do": "boot"})
        with pytest.raises(ValueError, match="--maker"):
            await play(station, {"do": "plug", "pcid": "WMIV1234567890ABCD"})
        with pytest.raises(Unmet, match="status: Accepted, heard"):
            await play(station, {"do": "contract"})
        with pytest.raises(LookupError, match="by contract"):
            await play(station, {"do": "wake"})
    assert step(do="plug", pcid="WMIV1234567890ABCD").objection(V16) == "a car with a contract needs 2.0.1 or 2.1"


async def test_somebody_else_limits_the_station(served: Any) -> None:
    async with served("2.0.1") as csms, make(csms, version="2.0.1") as station:
        await play(
            station,
            {"do": "boot"},
            {"do": "external-limit", "limit_a": 8, "source": "SO"},
            {"do": "check", "sent": "NotifyChargingLimit", "times": 1},
            {"do": "external-limit", "source": "SO", "ended": True},
            {"do": "check", "sent": "ClearedChargingLimit", "payload": {"chargingLimitSource": "SO"}, "times": 1},
        )
        with pytest.raises(Unmet, match="EMS has set no limit"):
            await play(station, {"do": "external-limit", "ended": True})
    assert step(do="external-limit").objection(V201) == "expected limit_a, or ended = true"
