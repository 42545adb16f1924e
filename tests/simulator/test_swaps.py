"""Batteries out, batteries in."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.ev import Ev
from ohmstead.simulator.evse import standard_evses

TOKEN = {"idToken": "TAG", "type": "ISO14443"}


@pytest.fixture
def station(bench: Any) -> Any:
    one = bench("2.1", evses=standard_evses(4, 1, "CS001")).up()
    one.plug(Ev(soc=95), 1)
    one.plug(Ev(soc=30), 2)
    return one


def told(station: Any) -> list[tuple[str, int, list[int]]]:
    events = station.csms.of("BatterySwap")
    return [(one["eventType"], one["requestId"], [slot["evseId"] for slot in one["batteryData"]]) for one in events]


def test_asked_for_by_the_csms(station: Any) -> None:
    swaps = station.controller.swaps
    assert station.call("RequestBatterySwap", {"idToken": TOKEN, "requestId": 5}) == {"status": "Accepted"}
    assert station.call("RequestBatterySwap", {"idToken": TOKEN, "requestId": 6})["status"] == "Rejected"
    with pytest.raises(ValueError, match="not so many"):
        swaps.bring([Ev(), Ev()])
    swaps.bring([Ev(soc=12)])
    (out,) = swaps.take()
    station.run(1)
    assert out.soc == 95
    assert told(station) == [("BatteryIn", 5, [3]), ("BatteryOut", 5, [1])]
    brought = station.csms.of("BatterySwap")[0]["batteryData"][0]
    assert brought["soC"] == 12
    assert brought["serialNumber"].startswith("BAT")
    assert station.call("RequestBatterySwap", {"idToken": TOKEN, "requestId": 7})["statusInfo"] == {
        "reasonCode": "NoBatteryAvailable"
    }


def test_not_taken_in_time(station: Any) -> None:
    swaps = station.controller.swaps
    with pytest.raises(ValueError, match="No swap"):
        swaps.bring([Ev()])
    swaps.begin(TOKEN)
    swaps.bring([Ev(soc=12)])
    station.run(299)
    assert [one[0] for one in told(station)] == ["BatteryIn"]
    station.run(2)
    assert [one[0] for one in told(station)] == ["BatteryIn", "BatteryOutTimeout"]
    with pytest.raises(ValueError, match="was brought"):
        swaps.take()
