"""What the meters of a station show: what they counted, unless a fault spoils it (`faults.metering`).

| fault     | the energy register                                             |
|-----------|-----------------------------------------------------------------|
| stuck     | stands still from the first look on                             |
| backwards | runs back as fast as it should run forward                      |
| jumps     | shows 1,000 kWh more at every second look                       |
| silent    | there are no periodic samples                                   |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ohmstead.simulator.evse import Evse, Reading

if TYPE_CHECKING:
    from ohmstead.simulator.faults import Faults

JUMP_WH = 1_000_000.0


class Meters:
    """Those of one station. What the hardware counted is untouched."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._first: dict[int, float] = {}
        """EVSE -> its register when the fault began."""
        self._looks = 0

    def read(self, evse: Evse) -> Reading:
        """What the meter of an EVSE shows now."""
        reading, fault = evse.read(), self._faults.metering
        if fault in ("", "silent"):
            self._first.clear()
            return reading
        first = self._first.setdefault(evse.id, reading.register_wh)
        self._looks += 1
        shown = {
            "stuck": first,
            "backwards": max(0.0, 2 * first - reading.register_wh),
            "jumps": reading.register_wh + JUMP_WH * (self._looks % 2),
        }
        return reading._replace(register_wh=shown[fault])
