"""The station's grid connection: how much power each EVSE may offer under the charging profiles, and the main meter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ohmstead.simulator.evse import VOLTAGE, Reading
from ohmstead.simulator.profiles import UNLIMITED, Profile, Use, share_out
from ohmstead.simulator.session import Session

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller


class Grid:
    """`share` is asked once a step; `offer_w` is what came out for an EVSE."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._offers: dict[int, float] = {}
        self._setpoints: dict[int, float] = {}
        self.frequency_hz = 50.0
        """Of the grid; a script may move it."""

    @property
    def phases(self) -> int:
        """Of the connection."""
        return max(session.evse.phases for session in self._controller.sessions.values())

    def offer_w(self, session: Session) -> float:
        """The power that may be offered at this session's EVSE now."""
        return self._offers.get(session.evse.id, UNLIMITED)

    def setpoint_w(self, session: Session) -> float | None:
        """The power that the car there shall take, or give back (below 0); None: what it wishes."""
        return self._setpoints.get(session.evse.id)

    @staticmethod
    def use(session: Session) -> Use:
        """How an EVSE is used now."""
        tx, evse = session.transaction, session.evse
        tx_id, started = (tx.id, tx.started_at) if tx is not None else (None, None)
        return Use(evse.id, evse.used_phases, tx_id, started, session.priority)

    def in_force(self, session: Session) -> Profile | None:
        """The profile whose word counts at an EVSE now, the whole station's left aside."""
        return self._controller.profiles.in_force(self.use(session), self._controller.now)

    def limit_w(self, evse_id: int, at: int) -> float:
        """What its own profiles allow an EVSE at `at`, the whole station's left aside."""
        session = self._controller.sessions[evse_id]
        return self._stepped(session, self._controller.profiles.evse_limit_w(self.use(session), at))

    def share(self) -> None:
        """Look at profiles and demands of now."""
        controller, profiles = self._controller, self._controller.profiles
        self._offers, self._setpoints = {}, {}
        if controller.der.alarms:
            self._offers = dict.fromkeys(controller.sessions, 0.0)
            return
        if not profiles or not controller.traits.charging.obeys:
            return
        self._offers = {evse_id: self.limit_w(evse_id, controller.now) for evse_id in controller.sessions}
        for session in controller.sessions.values():
            if (setpoint := self._setpoint_w(session)) is not None:
                self._setpoints[session.evse.id] = setpoint
        total = profiles.station_limit_w(controller.now, self.phases)
        if total != UNLIMITED:
            wishes = {evse_id: self._demand_w(session) for evse_id, session in controller.sessions.items()}
            self._offers = share_out(total, {i: min(limit, wishes[i]) for i, limit in self._offers.items()})

    def _setpoint_w(self, session: Session) -> float | None:
        profile = self.in_force(session)
        period = None if profile is None else profile.period(self._controller.now, self.use(session).tx_start)
        if profile is None or period is None:
            return None
        return self._controller.v2x.setpoint_w(session, profile, period)

    def _demand_w(self, session: Session) -> float:
        setpoint = self._setpoints.get(session.evse.id, UNLIMITED)
        return max(0.0, min(session.evse.demand_w(), setpoint))

    def _stepped(self, session: Session, limit_w: float) -> float:
        """A limit rounded down to the currents that this station knows."""
        steps = self._controller.traits.charging.steps_a
        if not steps or limit_w == UNLIMITED:
            return limit_w
        volts = VOLTAGE * session.evse.used_phases
        return max((amps * volts for amps in steps if amps * volts <= limit_w), default=0.0)

    def read(self) -> Reading:
        """The main meter: the sum of all."""
        readings = [session.read() for session in self._controller.sessions.values()]
        wh, watts = sum(one.register_wh for one in readings), sum(one.power_w for one in readings)
        return Reading(wh, watts, (), (), UNLIMITED, None)
