"""Meters that show something else than they counted."""

from __future__ import annotations

from ohmstead.simulator import Faults
from ohmstead.simulator.evse import Evse
from ohmstead.simulator.meters import JUMP_WH, Meters


def test_what_a_fault_makes_of_the_register() -> None:
    faults, evse = Faults(), Evse(1, register_wh=5000.0)
    meters = Meters(faults)

    def shown(fault: str) -> list[float]:
        faults.metering = fault  # type: ignore[assignment]
        looks = []
        for _ in range(3):
            looks.append(meters.read(evse).register_wh - evse.register_wh)
            evse.register_wh += 10
        return looks

    assert shown("") == [0, 0, 0]
    assert shown("stuck") == [0, -10, -20]
    assert shown("") == [0, 0, 0]
    assert shown("backwards") == [0, -20, -40]
    assert shown("silent") == [0, 0, 0]
    assert shown("jumps") == [JUMP_WH, 0, JUMP_WH]
    assert evse.register_wh == 5180.0
