"""Battery swaps: the events of one number are one swap."""

from __future__ import annotations

import pytest

from ohmstead.domain.battery_swaps import Battery, EventType, Swap, goes_on, swapped

NEW = Swap(id=1, request_id=5, token="T", began_at=0, updated_at=0)
BATTERY = (Battery(evse_id=1, serial_number="B1", soc=20.0, soh=99.0),)


@pytest.mark.parametrize(
    ("events", "state"),
    [
        (("BatteryIn",), "in"),
        (("BatteryIn", "BatteryOut"), "swapped"),
        (("BatteryIn", "BatteryOutTimeout"), "timed_out"),
        (("BatteryIn", "BatteryOutTimeout", "BatteryOut"), "swapped"),
        (("BatteryIn", "BatteryOut", "BatteryOutTimeout"), "swapped"),
        (("BatteryOut", "BatteryIn"), "swapped"),
    ],
)
def test_the_events_of_a_swap(events: tuple[EventType, ...], state: str) -> None:
    one = NEW
    for event in events:
        one = swapped(one, event, BATTERY, 1)
    assert one.state == state


def test_a_number_comes_again() -> None:
    over = swapped(swapped(NEW, "BatteryIn", BATTERY, 1), "BatteryOut", BATTERY, 2)
    assert not goes_on(None, "BatteryIn")
    assert not goes_on(over, "BatteryIn")
    assert goes_on(over, "BatteryOut")
    assert goes_on(swapped(NEW, "BatteryIn", BATTERY, 1), "BatteryIn")
