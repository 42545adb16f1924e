"""The station's grid connection: how much power each EVSE may offer under the charging profiles, and the main meter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ohmstead.simulator.evse import VOLTAGE, Reading
from ohmstead.simulator.profiles import UNLIMITED, share_out
from ohmstead.simulator.session import Session

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller


class Grid:
    """`share` is asked once a step; `offer_w` is what came out for an EVSE."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._offers: dict[int, float] = {}

    @property
    def phases(self) -> int:
        """Of the connection."""
        return max(session.evse.phases for session in self._controller.sessions.values())

    def offer_w(self, session: Session) -> float:
        """The power that may be offered at this session's EVSE now."""
        return self._offers.get(session.evse.id, UNLIMITED)

    def limit_w(self, evse_id: int, at: int) -> float:
        """What its own profiles allow an EVSE at `at`, the whole station's left aside."""
        session = self._controller.sessions[evse_id]
        tx = session.transaction
        tx_id, started = (tx.id, tx.started_at) if tx is not None else (None, None)
        limit = self._controller.profiles.evse_limit_w(evse_id, at, session.evse.used_phases, tx_id, started)
        return self._stepped(session, limit)

    def share(self) -> None:
        """Look at profiles and demands of now."""
        controller, profiles = self._controller, self._controller.profiles
        self._offers = {}
        if not profiles or not controller.traits.charging.obeys:
            return
        self._offers = {evse_id: self.limit_w(evse_id, controller.now) for evse_id in controller.sessions}
        total = profiles.station_limit_w(controller.now, self.phases)
        if total != UNLIMITED:
            demands = {evse_id: session.evse.demand_w() for evse_id, session in controller.sessions.items()}
            self._offers = share_out(total, {i: min(limit, demands[i]) for i, limit in self._offers.items()})

    def _stepped(self, session: Session, limit_w: float) -> float:
        """A limit rounded down to the currents that this station knows."""
        steps = self._controller.traits.charging.steps_a
        if not steps or limit_w == UNLIMITED:
            return limit_w
        volts = VOLTAGE * session.evse.used_phases
        return max((amps * volts for amps in steps if amps * volts <= limit_w), default=0.0)

    def read(self) -> Reading:
        """The main meter: the sum of all."""
        readings = [session.evse.read() for session in self._controller.sessions.values()]
        wh, watts = sum(one.register_wh for one in readings), sum(one.power_w for one in readings)
        return Reading(wh, watts, (), (), UNLIMITED, None)
