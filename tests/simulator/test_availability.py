from __future__ import annotations

from typing import Any

from ohmstead.simulator.ev import Ev


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
    station.controller.power_cut()
    station.pump()
    station.run(10)
    assert statuses(station) == ["Available", "Unavailable", "Unavailable"]
    assert station.swipe() == "Unavailable"
