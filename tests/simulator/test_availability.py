from __future__ import annotations

from typing import Any

from ohmstead.simulator.ev import Ev
from ohmstead.simulator.persona import load
from ohmstead.simulator.traits import Status, Traits


def statuses(station: Any) -> list[str]:
    return [words["connectorStatus"] for words in station.csms.of("StatusNotification") if words["evseId"] == 1]


def test_each_change_is_told_once(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.plug(Ev())
    station.run(5)
    station.unplug()
    assert statuses(station) == ["Available", "Occupied", "Available"]


def test_what_changed_offline_is_told_afterwards(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.cut()
    station.plug(Ev())
    station.mend()
    assert statuses(station) == ["Available", "Occupied"]


def test_nothing_is_repeated_after_a_mere_reconnect(bench: Any) -> None:
    station = bench("2.0.1").up()
    station.cut()
    station.mend()
    assert statuses(station) == ["Available"]


def test_inoperative_outlives_a_reboot(bench: Any) -> None:
    station = bench("2.1").up()
    station.call("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}})
    station.controller.life.power_cut()
    station.pump()
    station.run(10)
    assert statuses(station) == ["Available", "Unavailable", "Unavailable"]
    assert station.swipe() == "Unavailable"


def test_by_events_alone(bench: Any) -> None:
    station = bench("2.1", traits=load("availability-by-event")).up()
    station.plug(Ev())
    events = [words["eventData"][0] for words in station.csms.of("NotifyEvent")]
    assert [event["actualValue"] for event in events] == ["Available", "Available", "Occupied"]
    assert [event["eventId"] for event in events] == sorted({event["eventId"] for event in events})
    assert events[2]["component"] == {"name": "Connector", "evse": {"id": 1, "connectorId": 1}}
    assert station.csms.of("StatusNotification") == []


def test_times_of_statuses(bench: Any) -> None:
    old = bench("1.6", traits=load("status-1970")).up()
    assert {words["timestamp"] for words in old.csms.of("StatusNotification")} == {"1970-01-01T00:00:00.000Z"}
    none = bench("1.6", traits=Traits(status=Status(time="none"))).up()
    assert all("timestamp" not in words for words in none.csms.of("StatusNotification"))


def test_a_connector_too_many(bench: Any) -> None:
    station = bench("2.0.1", traits=load("status-of-zero")).up()
    assert {(words["evseId"], words["connectorId"]) for words in station.csms.of("StatusNotification")} == {
        (0, 0),
        (1, 1),
        (2, 1),
    }
