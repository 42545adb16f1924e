"""The hardware of one EVSE: connectors, contactor, meter, and the physics between grid and car.

It knows nothing of OCPP. The station's controller tells it how much power it may offer; the rest is the car's wish.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from ohmstead.simulator.dice import Dice
from ohmstead.simulator.ev import Ev

VOLTAGE = 230.0
"""Nominal, phase to neutral."""
_DC_VOLTAGE = (330.0, 410.0)
"""Of a battery at 0 and at 100 percent."""
_RISE_S = 4.0
_FALL_S = 1.0
"""Time constants of the car's charger: it climbs gently, and obeys a lower limit within 5 s (IEC 61851)."""
_UNLIMITED = float("inf")


@dataclass
class Connector:
    """One plug of an EVSE; `operative` is what ChangeAvailability switches."""

    id: int
    type: str = "cType2"
    operative: bool = True


class Reading(NamedTuple):
    """What the meter of an EVSE shows at one moment: Wh, W, A and V per phase (one value for DC), percent. Power and
    currents are below 0 while the car gives back."""

    register_wh: float
    power_w: float
    currents_a: tuple[float, ...]
    voltages_v: tuple[float, ...]
    offered_w: float
    soc: float | None
    exported_wh: float | None = None
    """The register of what came back; None where nothing can."""


@dataclass
class Evse:
    """One EVSE. AC: `max_current_a` on each of `phases`; DC (`direct`): `max_power_w`.

    `register_wh` is its meter's energy register, `exported_wh` that of the other direction: they never go back.
    """

    id: int
    connectors: list[Connector] = field(default_factory=lambda: [Connector(1)])
    direct: bool = False
    phases: int = 3
    max_current_a: float = 32.0
    max_power_w: float = _UNLIMITED
    register_wh: float = 0.0
    exported_wh: float = 0.0
    dice: Dice = field(default_factory=lambda: Dice(0))
    contactor: bool = False
    ev: Ev | None = None
    connector_id: int | None = None
    """The connector that the car is plugged into."""
    power_w: float = 0.0
    offered_w: float = 0.0
    _wobble: float = 0.0

    def plug(self, ev: Ev, connector_id: int = 1) -> None:
        """Put the cable into `ev`; raises ValueError when a car is there already or the connector is unknown."""
        if self.ev is not None:
            raise ValueError(f"EVSE {self.id} has a car already.")
        if connector_id not in {connector.id for connector in self.connectors}:
            raise ValueError(f"EVSE {self.id} has no connector {connector_id}.")
        self.ev, self.connector_id = ev, connector_id

    def unplug(self) -> Ev | None:
        """Open the contactor and take the cable out; returns the car that leaves."""
        self.open()
        ev, self.ev, self.connector_id = self.ev, None, None
        return ev

    def open(self) -> None:
        """Open the contactor: no current at once."""
        self.contactor, self.power_w, self.offered_w = False, 0.0, 0.0

    def close(self) -> None:
        """Close the contactor: the car may draw from the next step on."""
        self.contactor = self.ev is not None

    @property
    def used_phases(self) -> int:
        """Phases that carry current with this car."""
        return 1 if self.direct else min(self.phases, self.ev.phases if self.ev else self.phases)

    @property
    def rating_w(self) -> float:
        """The most this EVSE can give."""
        return self.max_power_w if self.direct else min(self.max_power_w, self.max_current_a * VOLTAGE * self.phases)

    def demand_w(self) -> float:
        """What the car would take now within the ratings of EVSE and car; 0 with an open contactor."""
        if self.ev is None or not self.contactor:
            return 0.0
        return min(self.ev.appetite_w(direct=self.direct), self._cable_w())

    def offers(self, limit_w: float) -> bool:
        """Whether `limit_w` is enough for this car to charge at all."""
        if self.ev is None or limit_w <= 0:
            return False
        return self.direct or limit_w >= self.ev.min_current_a * VOLTAGE * self.used_phases - 1e-6

    def advance(self, seconds: float, limit_w: float = _UNLIMITED, setpoint_w: float | None = None) -> None:
        """Let `seconds` go by while at most `limit_w` is offered; with a setpoint the car takes that much, or gives it
        back (below 0), as far as it can."""
        self.offered_w = min(limit_w, self._cable_w()) if self.contactor else 0.0
        if self.ev is None or not self.contactor:
            return
        target = self._target_w(setpoint_w)
        self._wobble = 0.9 * self._wobble + self.dice.around(0.0, 0.002)
        wobbled = target * (1.0 + self._wobble)
        target = min(wobbled, self.offered_w) if target >= 0 else max(wobbled, target)
        before = self.power_w
        reach = 1.0 - math.exp(-seconds / (_RISE_S if abs(target) > abs(before) else _FALL_S))
        self.power_w = before + (target - before) * reach
        if abs(self.power_w - target) < max(5.0, 0.01 * abs(target)):
            self.power_w = target
        energy_wh = (before + self.power_w) / 2 * seconds / 3600
        self.register_wh += max(0.0, energy_wh)
        self.exported_wh += max(0.0, -energy_wh)
        self.ev.take(energy_wh, direct=self.direct)

    def _target_w(self, setpoint_w: float | None) -> float:
        assert self.ev is not None
        if setpoint_w is not None and setpoint_w < 0:
            return -min(-setpoint_w, self.ev.surplus_w(), self._cable_w())
        may = self.offered_w if setpoint_w is None else min(setpoint_w, self.offered_w)
        return min(self.demand_w(), may) if self.offers(may) else 0.0

    def read(self) -> Reading:
        """What the meter shows now."""
        soc = round(self.ev.soc, 1) if self.ev is not None and self.direct else None
        voltages, currents = self._volts_and_amps()
        back = self.exported_wh if self.exported_wh or (self.ev is not None and self.ev.bidirectional) else None
        return Reading(self.register_wh, self.power_w, currents, voltages, self.offered_w, soc, back)

    def _cable_w(self) -> float:
        if self.direct:
            return self.max_power_w
        return min(self.max_power_w, self.max_current_a * VOLTAGE * self.used_phases)

    def _volts_and_amps(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        if self.direct:
            low, high = _DC_VOLTAGE
            volts = low + (high - low) * (self.ev.soc if self.ev else 0.0) / 100
            return (volts,), (self.power_w / volts,)
        amps = self.power_w / VOLTAGE / self.used_phases
        currents = tuple(amps if phase < self.used_phases else 0.0 for phase in range(self.phases))
        # A loaded phase sags a little; so two voltages are never quite the same.
        return tuple(VOLTAGE + 1.3 - 0.8 * phase - 0.07 * current for phase, current in enumerate(currents)), currents


def standard_evses(count: int, seed: object, identity: str) -> list[Evse]:
    """AC EVSEs of 22 kW with one connector each, their registers somewhere in their lives."""
    made = []
    for evse_id in range(1, count + 1):
        dice = Dice(seed, identity, "evse", evse_id)
        made.append(Evse(evse_id, register_wh=float(int(dice.between(10_000, 5_000_000))), dice=dice))
    return made
