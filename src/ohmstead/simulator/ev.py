"""The car: a battery with a charging curve, and what it would take from the cable at this moment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ohmstead.simulator.dice import Dice

if TYPE_CHECKING:
    from ohmstead.simulator.contract_vehicle import ContractVehicle

AC_EFFICIENCY = 0.92
"""Of the on-board charger."""
DC_EFFICIENCY = 0.97
_KNEE = 50.0
_BEND = 80.0


@dataclass
class Ev:
    """One car. `soc` and `target_soc` in percent, power in W at the cable; `phases` its AC charger can use."""

    battery_wh: float = 60_000.0
    soc: float = 30.0
    target_soc: float = 100.0
    max_ac_w: float = 11_000.0
    max_dc_w: float = 120_000.0
    phases: int = 3
    min_current_a: float = 6.0
    """Below this AC current per phase it does not charge (IEC 61851)."""
    max_discharge_w: float = 0.0
    """What it can give back at the cable; 0: it cannot."""
    min_soc: float = 20.0
    """Down to which it gives back."""
    departs_in_s: float | None = None
    """When its driver wants to leave, seconds after it was plugged in; None: nobody has told it."""
    contract: ContractVehicle | None = None
    """What it charges by, with no card (Plug & Charge)."""

    @property
    def full(self) -> bool:
        """It has what it wants."""
        return self.soc >= self.target_soc

    def appetite_w(self, *, direct: bool) -> float:
        """The power it would take from the cable now, were there no limit: 0 once it has what it wants."""
        if self.full:
            return 0.0
        battery_w = self.max_dc_w * _acceptance(self.soc)
        if direct:
            return battery_w / DC_EFFICIENCY
        return min(self.max_ac_w, battery_w / AC_EFFICIENCY)

    @property
    def bidirectional(self) -> bool:
        """It can give back."""
        return self.max_discharge_w > 0

    @property
    def wanted_wh(self) -> float:
        """What its battery lacks for what it wants."""
        return max(0.0, self.target_soc - self.soc) / 100 * self.battery_wh

    def surplus_w(self) -> float:
        """The power that it would give back at the cable now, were there no limit."""
        return self.max_discharge_w if self.soc > self.min_soc else 0.0

    def take(self, energy_wh: float, *, direct: bool) -> None:
        """Put `energy_wh` from the cable, less the losses, into the battery; below 0 it comes out, losses added."""
        efficiency = DC_EFFICIENCY if direct else AC_EFFICIENCY
        stored = energy_wh * efficiency if energy_wh > 0 else energy_wh / efficiency
        self.soc = min(100.0, max(0.0, self.soc + 100.0 * stored / self.battery_wh))


def _acceptance(soc: float) -> float:
    """The part of its greatest power that a battery takes at `soc` percent: constant current up to a knee, then less
    and less (constant voltage); a nearly empty battery is spared too."""
    if soc < 10.0:
        return 0.6 + 0.04 * soc
    if soc <= _KNEE:
        return 1.0
    if soc <= _BEND:
        return 1.0 - 0.5 * (soc - _KNEE) / (_BEND - _KNEE)
    return 0.5 * math.exp(-3.0 * (soc - _BEND) / (100.0 - _BEND))


_MODELS = [
    (40_000.0, 6_600.0, 50_000.0, 1),
    (52_000.0, 7_400.0, 100_000.0, 1),
    (60_000.0, 11_000.0, 120_000.0, 3),
    (77_000.0, 11_000.0, 150_000.0, 3),
    (95_000.0, 22_000.0, 250_000.0, 3),
]
"""(battery Wh, AC W, DC W, phases)"""


def any_ev(dice: Dice) -> Ev:
    """A car as it might arrive: small or large, one or three phases, rather empty."""
    battery_wh, max_ac_w, max_dc_w, phases = dice.pick(_MODELS)
    return Ev(
        battery_wh=battery_wh,
        soc=round(dice.between(8, 65), 1),
        target_soc=dice.pick([80.0, 90.0, 100.0]),
        max_ac_w=max_ac_w,
        max_dc_w=max_dc_w,
        phases=phases,
    )
