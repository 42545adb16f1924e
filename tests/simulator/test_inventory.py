from __future__ import annotations

from typing import Any

from ohmstead.simulator.ev import Ev
from ohmstead.simulator.evse import Evse


def read(station: Any, component: str, name: str, evse: int | None = None, connector: int | None = None) -> str:
    address = (component.lower(), None, evse, connector, name.lower(), None)
    return station.controller.variables.find(address).read()


def test_values_live(bench: Any) -> None:
    station = bench("2.1").up()
    assert read(station, "Connector", "AvailabilityState", 1, 1) == "Available"
    station.plug(Ev())
    station.swipe()
    station.run(60)
    assert read(station, "Connector", "AvailabilityState", 1, 1) == "Occupied"
    assert read(station, "EVSE", "AvailabilityState", 1) == "Occupied"
    assert 10_000 < float(read(station, "EVSE", "Power", 1)) < 11_500
    assert read(station, "ChargingStation", "AvailabilityState") == "Available"
    station.call("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 2}})
    assert read(station, "EVSE", "AvailabilityState", 2) == "Unavailable"
    assert read(station, "SecurityCtrlr", "Identity") == "CS001"


def test_the_number_of_connectors(bench: Any) -> None:
    station = bench("1.6", evses=[Evse(1), Evse(2), Evse(3)])
    assert station.controller.variables.by_key("NumberOfConnectors").read() == "3"
