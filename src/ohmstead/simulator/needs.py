"""What a car that talks to its station says it needs (K15 to K20, Q01), and the schedule that it makes of a profile.

A car talks when its driver told it the departure, or when it can give energy back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ohmstead.ocpp.versions import V21
from ohmstead.runtime import rfc3339
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.evse import VOLTAGE
from ohmstead.simulator.outbox import Answered, Message, Outcome, Words
from ohmstead.simulator.profiles import Profile

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller
    from ohmstead.simulator.session import Session

_SECOND = 1_000_000
_DC_MAX_V = 500.0
TUPLES = 16
"""Periods that a car's schedule may have (maxScheduleTuples)."""


class Needs:
    """The needs that one station passes on. 1.6 has no words for them."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def tell(self, session: Session) -> None:
        """A car may charge: it says what it needs, if it talks. A 2.1 station stops if rejected (K18.FR.22)."""
        ev, controller = session.evse.ev, self._controller
        if ev is None or controller.version.dialect == "v16" or not (ev.bidirectional or ev.departs_in_s is not None):
            return
        session.told_needs = True
        words = {"evseId": session.evse.id, "maxScheduleTuples": TUPLES, "chargingNeeds": self.words(session, ev)}

        def heard(outcome: Outcome) -> None:
            status = outcome.words["status"] if isinstance(outcome, Answered) else "nothing"
            controller.say(f"EVSE {session.evse.id}: the car told its needs, the CSMS says {status}")
            if status == "Rejected" and controller.version is V21:
                session.stop("AbnormalCondition", "ReqEnergyTransferRejected")

        controller.put(Message("NotifyEVChargingNeeds", lambda _: words, heard))

    def words(self, session: Session, ev: Ev) -> Words:
        """ChargingNeedsType; numbers are whole, as 2.0.1 has them."""
        direct, new = session.evse.direct, self._controller.version is V21
        both_ways = new and ev.bidirectional
        transfer = "DC" if direct else "AC_three_phase" if session.evse.used_phases == 3 else "AC_single_phase"
        if both_ways:
            transfer = "DC_BPT" if direct else "AC_BPT"
        words: Words = {"requestedEnergyTransfer": transfer}
        if ev.departs_in_s is not None:
            leaves = session.plugged_at + int(ev.departs_in_s * _SECOND) - self._controller.now + self._controller.clock
            words["departureTime"] = rfc3339(leaves)
        if both_ways:
            words["v2xChargingParameters"] = self._both_ways(ev, direct=direct)
        elif direct:
            words["dcChargingParameters"] = {
                "evMaxCurrent": round(ev.max_dc_w / _DC_MAX_V * 1.25),
                "evMaxVoltage": round(_DC_MAX_V),
                "evMaxPower": round(ev.max_dc_w),
                "stateOfCharge": round(ev.soc),
                "evEnergyCapacity": round(ev.battery_wh),
                "energyAmount": round(ev.wanted_wh),
            }
        else:
            words["acChargingParameters"] = {
                "energyAmount": round(ev.wanted_wh),
                "evMinCurrent": round(ev.min_current_a),
                "evMaxCurrent": round(ev.max_ac_w / VOLTAGE / session.evse.used_phases),
                "evMaxVoltage": round(VOLTAGE * 3**0.5),
            }
        return words

    @staticmethod
    def _both_ways(ev: Ev, *, direct: bool) -> Words:
        return {
            "maxChargePower": ev.max_dc_w if direct else ev.max_ac_w,
            "minDischargePower": 0.0,
            "maxDischargePower": ev.max_discharge_w,
            "evTargetEnergyRequest": round(ev.wanted_wh, 1),
            "evMinEnergyRequest": round((ev.min_soc - ev.soc) / 100 * ev.battery_wh, 1),
            "evMaxEnergyRequest": round((100.0 - ev.soc) / 100 * ev.battery_wh, 1),
            "targetSoC": round(ev.target_soc),
        }

    def planned(self, session: Session, profile: Profile) -> None:
        """A car that told its needs got a TxProfile: it answers with its own schedule, what it takes of it (K15)."""
        ev = session.evse.ev
        periods = [period for period in profile.schedule.periods if period.limit is not None]
        if not session.told_needs or ev is None or not periods:
            return
        unit, most = profile.schedule.unit, ev.max_dc_w if session.evse.direct else ev.max_ac_w
        if unit == "A":
            most /= VOLTAGE * session.evse.used_phases
        took = [{"startPeriod": one.start_s, "limit": round(min(one.limit or 0.0, most), 1)} for one in periods]
        schedule = {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": took}
        begun = profile.start(self._controller.now, session.transaction.started_at if session.transaction else None)
        words = {"timeBase": rfc3339(begun), "evseId": session.evse.id, "chargingSchedule": schedule}

        def heard(outcome: Outcome) -> None:
            if isinstance(outcome, Answered) and outcome.words["status"] == "Rejected":
                self._controller.say(f"EVSE {session.evse.id}: the CSMS does not want the car's schedule")

        self._controller.put(Message("NotifyEVChargingSchedule", lambda _: words, heard))
