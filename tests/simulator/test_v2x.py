"""Energy both ways: what a mode asks of the car, who forbids it, and how it is reported."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.ev import Ev
from ohmstead.simulator.v2x import along


@pytest.fixture
def station(bench: Any) -> Any:
    one = bench("2.1").up()
    one.plug(Ev(battery_wh=10_000, soc=90, max_discharge_w=8_000, min_soc=40))
    one.swipe()
    return one


def order(station: Any, purpose: str = "TxProfile", **period: Any) -> Any:
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, **period}]}
    profile = {
        "id": 1, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
    }  # fmt: skip
    if purpose == "TxProfile":
        profile["transactionId"] = station.controller.books[0].id
    return station.call("SetChargingProfile", {"evseId": 1, "chargingProfile": profile})["status"]


def power(station: Any, seconds: int = 40) -> float:
    station.run(seconds)
    return float(station.controller.session(1).evse.power_w)


def test_a_setpoint_empties_the_battery_to_its_bound_and_both_registers_are_told(station: Any) -> None:
    evse = station.controller.session(1).evse
    assert order(station, operationMode="CentralSetpoint", setpoint=-6_000) == "Accepted"
    imported = evse.register_wh
    assert power(station) == pytest.approx(-6_000, rel=0.02)
    assert power(station, 3_600) == 0.0
    assert evse.ev.soc == pytest.approx(40, abs=0.2)
    assert evse.exported_wh == pytest.approx(5_000 * 0.92, rel=0.02)
    assert evse.register_wh - imported < 100
    last = station.events()[-1]
    told = {one["measurand"]: one["value"] for one in last["meterValue"][0]["sampledValue"]}
    assert told["Energy.Active.Export.Register"] == pytest.approx(evse.exported_wh, abs=0.1)
    assert told["Power.Active.Import"] == told["Power.Active.Export"] == 0
    states = [one["transactionInfo"]["chargingState"] for one in station.events()]
    assert states[-1] == "SuspendedEV"


@pytest.mark.parametrize("forbids", ["csms", "switch", "car"])
def test_who_forbids_it(station: Any, forbids: str) -> None:
    order(station, operationMode="CentralSetpoint", setpoint=-6_000)
    transaction = station.controller.books[0].id
    if forbids == "csms":
        words = {"transactionId": transaction, "allowedEnergyTransfer": ["AC_three_phase"]}
        assert station.call("NotifyAllowedEnergyTransfer", words) == {"status": "Accepted"}
        assert station.call("NotifyAllowedEnergyTransfer", {**words, "transactionId": "x"})["status"] == "Rejected"
    elif forbids == "switch":
        station.controller.variables["V2XChargingCtrlr.Enabled"].value = "false"
    else:
        station.controller.session(1).evse.ev.max_discharge_w = 0
    assert power(station) == 0.0
    if forbids == "csms":
        station.call("NotifyAllowedEnergyTransfer", {**words, "allowedEnergyTransfer": ["AC_BPT"]})
        assert power(station) < -5_000


def test_the_grid_and_the_signal_move_it(station: Any) -> None:
    assert station.call("AFRRSignal", {"timestamp": "2025-11-24T16:00:00Z", "signal": 1})["status"] == "Rejected"
    curve = [{"signal": -10, "power": -4_000}, {"signal": 10, "power": 4_000}]
    order(station, operationMode="CentralFrequency", setpoint=-1_000, v2xSignalWattCurve=curve)
    assert power(station) == pytest.approx(-1_000, rel=0.05)
    assert station.call("AFRRSignal", {"timestamp": "2025-11-24T16:00:00Z", "signal": -10})["status"] == "Accepted"
    assert power(station) == pytest.approx(-5_000, rel=0.02)
    curve = [{"frequency": 49.8, "power": -5_000}, {"frequency": 50.2, "power": 5_000}]
    order(station, operationMode="LocalFrequency", v2xBaseline=0, v2xFreqWattCurve=curve)
    station.controller.grid.frequency_hz = 49.9
    assert power(station) == pytest.approx(-2_500, rel=0.05)
    station.controller.grid.frequency_hz = 50.3
    assert power(station) == pytest.approx(5_000, rel=0.05)
    order(station, operationMode="Idle")
    assert power(station) == 0.0


def test_modes_without_limits(station: Any) -> None:
    assert order(station, operationMode="CentralSetpoint", setpoint=-1, limit=5) == "Rejected"


def test_a_curve_goes_on_at_its_ends() -> None:
    curve = [(2.0, 20.0), (1.0, 10.0)]
    assert [along(curve, x) for x in (0, 1.5, 3)] == [10.0, 15.0, 20.0]
    assert along([], 5) == 0.0
