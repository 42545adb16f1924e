"""Periodic event streams of a simulated 2.1 station."""

from __future__ import annotations

from typing import Any

import pytest

POWER = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("2.1").up()


def streams(station: Any, **params: int) -> None:
    """A monitor on the power, each second, as a stream."""
    one = {"type": "Periodic", "value": 1, "severity": 8, "periodicEventStream": params, **POWER}
    answer = station.call("SetVariableMonitoring", {"setMonitoringData": [one]})
    assert answer["setMonitoringResult"][0]["status"] == "Accepted"


def sent(station: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = station.csms.of("NotifyPeriodicEventStream")
    return found


def test_opened_and_sent_by_time(station: Any) -> None:
    streams(station, interval=5)
    assert station.csms.of("OpenPeriodicEventStream") == [
        {"constantStreamData": {"id": 1, "params": {"interval": 5}, "variableMonitoringId": 1}}
    ]
    station.run(11)
    assert [len(words["data"]) for words in sent(station)] == [5, 5]
    first = sent(station)[0]
    assert (first["id"], first["pending"], [one["t"] for one in first["data"]]) == (1, 0, [0, 1, 2, 3, 4])
    assert [frame.kind for frame in station.talk.sent if frame.action == "NotifyPeriodicEventStream"] == [6, 6]
    assert station.csms.of("NotifyEvent") == []


def test_sent_by_number_and_adjusted(station: Any) -> None:
    streams(station, values=3)
    station.run(7)
    assert [len(words["data"]) for words in sent(station)] == [3, 3]
    words = {"id": 1, "params": {"values": 5}}
    assert station.call("AdjustPeriodicEventStream", words) == {"status": "Accepted"}
    assert station.call("AdjustPeriodicEventStream", words | {"id": 2})["status"] == "Rejected"
    station.run(5)
    assert [len(words["data"]) for words in sent(station)] == [3, 3, 5]
    assert station.call("GetPeriodicEventStream", {}) == {
        "constantStreamData": [{"id": 1, "params": {"values": 5}, "variableMonitoringId": 1}]
    }


def test_what_waited_without_a_line_comes_later(station: Any) -> None:
    streams(station, interval=1)
    station.cut()
    station.run(250)
    station.mend()
    station.run(1)
    assert [words["pending"] for words in sent(station)][-3:] == [151, 51, 0]


def test_closed_with_its_monitor_and_opened_again_after_a_boot(station: Any) -> None:
    streams(station, interval=5)
    station.call("Reset", {"type": "Immediate"})
    station.run(30)
    assert len(station.csms.of("OpenPeriodicEventStream")) == 2
    station.call("ClearVariableMonitoring", {"id": [1]})
    station.run(1)
    assert station.csms.of("ClosePeriodicEventStream") == [{"id": 1}]
    assert station.call("GetPeriodicEventStream", {}) == {}


def test_without_leave_events_go_one_by_one(station: Any) -> None:
    station.csms.refusing.add("OpenPeriodicEventStream")
    streams(station, interval=5)
    station.run(3)
    assert sent(station) == []
    assert len(station.csms.of("NotifyEvent")) == 3
