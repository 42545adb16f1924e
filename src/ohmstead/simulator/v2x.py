"""Energy both ways (Q, 2.1): which power a period of a charging profile asks of a car that can give back.

The station follows CentralSetpoint, CentralFrequency (with the aFRR signal), LocalFrequency (with the frequency of its
grid) and Idle; ExternalSetpoint as it stands; ExternalLimits and LocalLoadBalancing are limits to it and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from ohmstead.ocpp.versions import V21
from ohmstead.simulator.outbox import Words
from ohmstead.simulator.profiles import UNLIMITED, Period, Profile

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller
    from ohmstead.simulator.session import Session

MODES = (
    "Idle", "ChargingOnly", "CentralSetpoint", "ExternalSetpoint", "ExternalLimits", "CentralFrequency",
    "LocalFrequency", "LocalLoadBalancing",
)  # fmt: skip
_SETPOINTS = ("CentralSetpoint", "ExternalSetpoint", "CentralFrequency")
WITHOUT_LIMITS = ("CentralSetpoint", "CentralFrequency", "LocalFrequency", "Idle")
"""Modes whose periods may have neither limit nor dischargeLimit (Q03.FR.02, Q07.FR.03, Q08.FR.05, Q10.FR.01)."""


class V2x:
    """What one station knows of energy both ways."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.signal: int | None = None
        """The aFRR signal that came last."""
        self._of_token: dict[str, tuple[str, ...]] = {}

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The calls that are answered here."""
        return {"NotifyAllowedEnergyTransfer": self.allow, "AFRRSignal": self.afrr}

    def allow(self, words: Words) -> Words:
        """What the running transaction may do from now on (Q02.FR.05)."""
        session = self._controller.charging(words["transactionId"])
        if session is None:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound"}}
        session.allowed = tuple(words["allowedEnergyTransfer"])
        return {"status": "Accepted"}

    def allow_token(self, token: str, allowed: list[str] | None) -> None:
        """What the answer to Authorize said of it (Q01.FR.01); None: nothing."""
        if allowed is None:
            self._of_token.pop(token.lower(), None)
        else:
            self._of_token[token.lower()] = tuple(allowed)

    def afrr(self, words: Words) -> Words:
        """A signal counts where a profile in force says what it means."""
        controller = self._controller
        followed = [one for one in controller.sessions.values() if "v2xSignalWattCurve" in self._words(one)]
        if not followed:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "NoProfile"}}
        self.signal = words["signal"]
        controller.say(f"aFRR signal {self.signal} of {words['timestamp']}")
        return {"status": "Accepted"}

    def _words(self, session: Session) -> Words:
        one = self._controller.grid.in_force(session)
        period = None if one is None else one.period(self._controller.now, self._controller.grid.use(session).tx_start)
        return {} if period is None else period.words

    def may_discharge(self, session: Session) -> bool:
        """The car can, the station is switched so, and nobody forbade it."""
        ev, token = session.evse.ev, session.token
        if ev is None or not ev.bidirectional or self._controller.version is not V21:
            return False
        if not self._controller.variables.on("V2XChargingCtrlr.Enabled"):
            return False
        allowed = session.allowed
        if allowed is None and token is not None:
            allowed = self._of_token.get(token.id.lower())
        return allowed is None or any("BPT" in one for one in allowed)

    def setpoint_w(self, session: Session, profile: Profile, period: Period) -> float | None:
        """W that the car shall take, below 0 give back; None: what it wishes."""
        phases = min(session.evse.used_phases, period.phases or session.evse.used_phases)
        wanted = self._wanted(profile, period, phases)
        if wanted is None:
            return None
        words = period.words
        low, high = words.get("dischargeLimit", -UNLIMITED), words.get("limit", UNLIMITED)
        wanted = min(max(wanted, profile.watts(low, phases)), profile.watts(high, phases))
        if wanted >= 0:
            return wanted
        if not self.may_discharge(session):
            return 0.0
        return max(wanted, -self._controller.der.discharge_w(session))

    def _wanted(self, profile: Profile, period: Period, phases: int) -> float | None:
        words, mode = period.words, period.mode
        if mode == "Idle":
            return 0.0
        if mode == "LocalFrequency":
            curve = [(point["frequency"], point["power"]) for point in words.get("v2xFreqWattCurve", [])]
            return float(words.get("v2xBaseline", 0.0) + along(curve, self._controller.grid.frequency_hz))
        if mode not in _SETPOINTS:
            return None
        wanted = profile.watts(words.get("setpoint", words.get("v2xBaseline", 0.0)), phases)
        if mode == "CentralFrequency" and self.signal is not None:
            curve = [(point["signal"], point["power"]) for point in words.get("v2xSignalWattCurve", [])]
            wanted += along(curve, self.signal)
        return wanted


def along(curve: list[tuple[float, float]], x: float) -> float:
    """The value of a curve of straight pieces at `x`; beyond its ends that of the end, 0 without points."""
    points = sorted(curve)
    if not points:
        return 0.0
    if x <= points[0][0]:
        return points[0][1]
    for (x1, y1), (x2, y2) in pairwise(points):
        if x <= x2:
            return y1 + (y2 - y1) * (x - x1) / (x2 - x1) if x2 > x1 else y2
    return points[-1][1]
