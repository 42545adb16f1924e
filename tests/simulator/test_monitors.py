"""Monitors of a simulated station: set, reported, cleared, and what makes them fire."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.ev import Ev

POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
STATE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
PROBLEM = {"component": {"name": "ChargingStation"}, "variable": {"name": "Problem"}}


@pytest.fixture(params=["2.0.1", "2.1"])
def station(request: pytest.FixtureRequest, bench: Any) -> Any:
    return bench(request.param).up()


def monitor(type: str = "UpperThreshold", value: float = 1000, place: Any = POWER, **more: Any) -> dict[str, Any]:
    return {"type": type, "value": value, "severity": 4, **place, **more}


def sets(station: Any, *monitors: dict[str, Any]) -> list[str]:
    """The statuses."""
    answer = station.call("SetVariableMonitoring", {"setMonitoringData": list(monitors)})
    return [one["status"] for one in answer["setMonitoringResult"]]


def told(station: Any) -> list[tuple[str, str, bool]]:
    """Trigger, value and whether it is cleared, of all events."""
    return [
        (event["trigger"], event["actualValue"], event.get("cleared", False))
        for words in station.csms.of("NotifyEvent")
        for event in words["eventData"]
    ]


def charges(station: Any, seconds: float = 30) -> None:
    station.plug(Ev(soc=20))
    station.swipe()
    station.run(seconds)


def test_what_is_not_taken(station: Any) -> None:
    nonsense = {"component": {"name": "Nonsense"}, "variable": {"name": "Power"}}
    unknown = {"component": POWER["component"], "variable": {"name": "Nonsense"}}
    assert sets(
        station,
        monitor(),
        monitor(value=5),
        monitor(severity=5),
        monitor(place=nonsense),
        monitor(place=unknown),
        monitor(place=STATE),
        monitor(id=99),
    ) == [
        "Accepted",
        "Duplicate",
        "Accepted",
        "UnknownComponent",
        "UnknownVariable",
        "UnsupportedMonitorType",
        "Rejected",
    ]
    many = [monitor(severity=n % 10) for n in range(11)]
    refused = station.call("SetVariableMonitoring", {"setMonitoringData": many})
    assert refused == ("error", "OccurrenceConstraintViolation")
    assert station.call("ClearVariableMonitoring", {"id": [1, 7]}) == {
        "clearMonitoringResult": [{"id": 1, "status": "Accepted"}, {"id": 7, "status": "NotFound"}]
    }
    assert station.call("ClearVariableMonitoring", {"id": list(range(11))}) == refused


def test_a_threshold_is_told_once_and_cleared(station: Any) -> None:
    assert sets(station, monitor()) == ["Accepted"]
    charges(station)
    ((trigger, value, cleared),) = told(station)
    assert (trigger, float(value) > 1000, cleared) == ("Alerting", True, False)
    station.unplug()
    station.run(3)
    assert [one[0::2] for one in told(station)] == [("Alerting", False), ("Alerting", True)]
    (event, _) = (words["eventData"][0] for words in station.csms.of("NotifyEvent"))
    assert (event["variableMonitoringId"], event.get("severity")) == (1, 4 if station.version.name == "2.1" else None)


def test_changes_of_numbers_and_of_states(station: Any) -> None:
    sets(station, monitor("Delta", 500), monitor("Delta", 1, STATE))
    station.plug(Ev(soc=20))
    station.run(2)
    assert told(station) == [("Delta", "Occupied", False)]
    station.swipe()
    station.run(60)
    numbers = [float(value) for _, value, _ in told(station) if value != "Occupied"]
    assert numbers
    assert all(abs(new - old) >= 500 for old, new in zip([0.0, *numbers], numbers, strict=False))


def test_periods(station: Any) -> None:
    sets(station, monitor("Periodic", 10), monitor("PeriodicClockAligned", 20, PROBLEM))
    station.run(60)
    assert [value for _, value, _ in told(station)].count("0") == 6
    assert [value for _, value, _ in told(station)].count("false") == 3


def test_only_in_transactions_and_only_what_matters(station: Any) -> None:
    sets(station, monitor("Periodic", 5, transaction=True), monitor("Periodic", 5, PROBLEM, severity=8))
    assert station.call("SetMonitoringLevel", {"severity": 5}) == {"status": "Accepted"}
    station.run(20)
    assert told(station) == []
    charges(station, 20)
    assert told(station)
    assert station.call("SetMonitoringLevel", {"severity": 10}) == {"status": "Rejected"}


def test_after_a_boot_what_is_wrong_is_told_again(station: Any) -> None:
    sets(station, monitor("LowerThreshold", 10))
    station.run(3)
    assert len(told(station)) == 1
    station.call("Reset", {"type": "Immediate"})
    station.run(30)
    assert len(station.csms.of("BootNotification")) == 2
    assert [trigger for trigger, _, _ in told(station)] == ["Alerting", "Alerting"]


def test_reports(station: Any) -> None:
    assert station.call("GetMonitoringReport", {"requestId": 1}) == {"status": "EmptyResultSet"}
    sets(station, monitor(), monitor("Delta", 5), monitor("Delta", 1, PROBLEM))
    assert station.call("GetMonitoringReport", {"requestId": 2}) == {"status": "Accepted"}
    named = [one for part in station.csms.of("NotifyMonitoringReport") for one in part["monitor"]]
    assert [(one["variable"]["name"], [m["id"] for m in one["variableMonitoring"]]) for one in named] == [
        ("Power", [1, 2]),
        ("Problem", [3]),
    ]
    asked = {"requestId": 3, "monitoringCriteria": ["DeltaMonitoring"], "componentVariable": [POWER]}
    assert station.call("GetMonitoringReport", asked) == {"status": "Accepted"}
    last = station.csms.of("NotifyMonitoringReport")[-1]
    assert [one["id"] for one in last["monitor"][0]["variableMonitoring"]] == [2]


@pytest.mark.parametrize(("base", "left"), [("All", True), ("FactoryDefault", False), ("HardWiredOnly", False)])
def test_bases(station: Any, base: str, left: bool) -> None:
    sets(station, monitor())
    assert station.call("SetMonitoringBase", {"monitoringBase": base}) == {"status": "Accepted"}
    assert station.controller.monitoring.active is left
