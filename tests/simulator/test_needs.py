"""What a car that talks says it needs, and its answer to a profile."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.runtime import rfc3339
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.evse import Evse


def begin(station: Any, ev: Ev, status: str = "Processing") -> Any:
    station.csms.needs = status
    station.up()
    station.plug(ev)
    station.swipe()
    return station


def test_departure_and_energy_of_an_ac_car(bench: Any) -> None:
    station = bench("2.0.1")
    begin(station, Ev(battery_wh=50_000, soc=40, target_soc=80, departs_in_s=3600))
    (words,) = station.csms.of("NotifyEVChargingNeeds")
    needs = words["chargingNeeds"]
    assert (words["evseId"], needs["requestedEnergyTransfer"]) == (1, "AC_three_phase")
    assert needs["departureTime"] == rfc3339(station.controller.clock + 3_600_000_000)
    assert needs["acChargingParameters"] == {
        "energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 398,
    }  # fmt: skip
    period = {"startPeriod": 0, "limit": 10.0}
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period, {"startPeriod": 60, "limit": 32}]}
    profile = {
        "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative",
        "transactionId": station.controller.books[0].id, "chargingSchedule": [schedule],
    }  # fmt: skip
    assert station.call("SetChargingProfile", {"evseId": 1, "chargingProfile": profile}) == {"status": "Accepted"}
    (told,) = station.csms.of("NotifyEVChargingSchedule")
    assert [one["limit"] for one in told["chargingSchedule"]["chargingSchedulePeriod"]] == [10.0, 15.9]


def test_both_ways_in_21_only(bench: Any) -> None:
    for version, transfer, member in (
        ("2.1", "DC_BPT", "v2xChargingParameters"),
        ("2.0.1", "DC", "dcChargingParameters"),
    ):
        station = bench(version, evses=[Evse(1, direct=True, max_power_w=50_000.0)])
        begin(station, Ev(max_discharge_w=20_000, soc=60, min_soc=30))
        (words,) = station.csms.of("NotifyEVChargingNeeds")
        assert words["chargingNeeds"]["requestedEnergyTransfer"] == transfer
        told = words["chargingNeeds"][member]
        if version == "2.1":
            assert (told["maxDischargePower"], told["evMinEnergyRequest"]) == (20_000, -18_000)


@pytest.mark.parametrize(("version", "ends"), [("2.1", True), ("2.0.1", False)])
def test_rejected_needs_end_a_transaction_of_21(bench: Any, version: str, ends: bool) -> None:
    station = bench(version)
    begin(station, Ev(departs_in_s=60), "Rejected")
    last = station.events()[-1]
    assert (last["eventType"] == "Ended") is ends
    if ends:
        assert last["transactionInfo"]["stoppedReason"] == "ReqEnergyTransferRejected"


def test_a_car_that_does_not_talk_says_nothing(any_bench: Any) -> None:
    any_bench.plug(Ev())
    any_bench.swipe()
    assert any_bench.csms.of("NotifyEVChargingNeeds") == []
