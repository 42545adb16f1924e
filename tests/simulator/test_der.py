"""Controls for the grid: what supersedes what, schedules, reports, and what becomes of the power."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.runtime import rfc3339
from ohmstead.simulator.ev import Ev

LIMIT = "LimitMaxDischarge"
CURVE = {"yUnit": "PctMaxW", "curveData": [{"x": 50.2, "y": 100}, {"x": 51.5, "y": 0}]}


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("2.1").up()


def put(station: Any, id: str, type: str, field: str, *, default: bool = True, **settings: Any) -> Any:
    words = {"isDefault": default, "controlId": id, "controlType": type, field: {"priority": 5, **settings}}
    return station.call("SetDERControl", words)


def told(station: Any) -> list[tuple[str, bool, list[str]]]:
    runs = station.csms.of("NotifyDERStartStop")
    return [(one["controlId"], one["started"], one.get("supersededIds", [])) for one in runs]


def test_the_lowest_number_holds_and_a_scheduled_one_before_it(station: Any) -> None:
    assert put(station, "a", "FreqWatt", "curve", **CURVE) == {"status": "Accepted"}
    assert put(station, "b", "FreqWatt", "curve", **CURVE, priority=1) == {"status": "Accepted", "supersededIds": ["a"]}
    assert put(station, "c", "FreqWatt", "curve", **CURVE, priority=9) == {"status": "Accepted"}
    begins = rfc3339(station.controller.clock + 20_000_000)
    more = {"startTime": begins, "duration": 30, "priority": 99}
    assert put(station, "d", "FreqWatt", "curve", default=False, **CURVE, **more) == {"status": "Accepted"}
    station.run(19)
    assert told(station) == []
    station.run(2)
    assert told(station) == [("d", True, ["a", "b", "c"])]
    station.run(30)
    assert told(station)[1:] == [("d", False, [])]
    assert station.controller.der.holding("FreqWatt").id == "b"


def test_reports_come_in_parts(station: Any) -> None:
    for number in range(4):
        put(station, f"v{number}", "VoltVar", "curve", **CURVE, priority=number)
    put(station, "pf", "FixedPFInject", "fixedPFInject", displacement=0.9, excitation=True)
    put(station, "in", "EnterService", "enterService", highVoltage=250, lowVoltage=210, highFreq=50.2, lowFreq=49.5)
    put(station, "gr", "Gradients", "gradient", gradient=1, softGradient=2)
    assert station.call("GetDERControl", {"requestId": 4}) == {"status": "Accepted"}
    first, second = station.csms.of("ReportDERControl")
    assert (first["tbc"], second["tbc"], first["requestId"]) == (True, False, 4)
    superseded = {one["id"]: one["isSuperseded"] for one in first["curve"]}
    assert superseded == {"v0": False, "v1": True, "v2": True, "v3": True}
    assert first["fixedPFInject"][0]["fixedPF"]["displacement"] == 0.9
    assert {one["id"] for field in ("enterService", "gradient") for one in second[field]} == {"in", "gr"}
    assert station.call("GetDERControl", {"requestId": 5, "controlId": "nobody"}) == {"status": "NotFound"}


def test_what_it_refuses(station: Any) -> None:
    station.controller.variables["DCDERCtrlr.ModesSupported"].value = "FreqWatt,Gradients"
    assert put(station, "a", LIMIT, "limitMaxDischarge")["status"] == "NotSupported"
    assert put(station, "a", "FreqWatt", "fixedVar", setpoint=1, unit="PctMaxVar")["status"] == "Rejected"
    at = rfc3339(station.controller.clock)
    assert put(station, "a", "FreqWatt", "curve", **CURVE, startTime=at)["status"] == "Rejected"
    never = put(station, "a", "Gradients", "gradient", default=False, gradient=1, softGradient=1)
    assert never["status"] == "Rejected"


def test_clearing(station: Any) -> None:
    put(station, "a", "FreqWatt", "curve", **CURVE)
    put(station, "b", "FreqWatt", "curve", default=False, **CURVE)
    station.run(1)
    assert station.call("ClearDERControl", {"isDefault": False}) == {"status": "Accepted"}
    assert told(station) == [("b", True, ["a"]), ("b", False, [])]
    assert station.call("ClearDERControl", {"isDefault": False}) == {"status": "NotFound"}
    assert station.call("ClearDERControl", {"isDefault": True, "controlType": "VoltVar"}) == {"status": "NotFound"}
    assert station.call("ClearDERControl", {"isDefault": True, "controlId": "a"}) == {"status": "Accepted"}


def test_discharge_is_bounded_and_an_alarm_stops_all(station: Any) -> None:
    station.plug(Ev(soc=90, max_discharge_w=11_000))
    station.swipe()
    period = {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -10_000}
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    profile = {
        "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Dynamic",
        "transactionId": station.controller.books[0].id, "chargingSchedule": [schedule],
    }  # fmt: skip
    assert station.call("SetChargingProfile", {"evseId": 1, "chargingProfile": profile}) == {"status": "Accepted"}
    evse = station.controller.session(1).evse
    station.run(60)
    assert evse.power_w == pytest.approx(-10_000, rel=0.02)
    put(station, "lim", LIMIT, "limitMaxDischarge", pctMaxDischargePower=20)
    station.run(60)
    assert evse.power_w == pytest.approx(-0.2 * evse.rating_w, rel=0.02)
    station.controller.der.alarm("LFMustTrip", "UnderFrequency")
    station.run(10)
    assert evse.power_w == 0
    station.controller.der.alarm("LFMustTrip", ended=True)
    station.run(60)
    assert evse.power_w < -4_000
    alarms = [(one.get("gridEventFault"), one.get("alarmEnded")) for one in station.csms.of("NotifyDERAlarm")]
    assert alarms == [("UnderFrequency", None), (None, True)]
