"""Limits that somebody else sets at the station, past the CSMS (K11 to K13; 2.x tells of them): an energy manager, or
the operator of the grid. They bound the whole station beside what the CSMS set, and only they can lift them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ohmstead.runtime import rfc3339
from ohmstead.simulator import profile_words
from ohmstead.simulator.outbox import Message, Words
from ohmstead.simulator.profiles import Profile

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

EXTERNAL = "ChargingStationExternalConstraints"
_NUMBERS = {"EMS": -1, "SO": -2, "Other": -3}
"""Source -> the number of its profile; a CSMS takes none below 0."""


def source_of(profile: Profile) -> str:
    """Who set a profile that is in force."""
    return next((name for name, number in _NUMBERS.items() if number == profile.id), "CSO")


class ExternalLimits:
    """Those of one station, one for each source (EMS, SO, Other)."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def impose(self, amps: float, source: str = "EMS") -> None:
        """From now on at most so many amperes for each phase, in the place of what this source set before."""
        schedule: dict[str, Any] = {
            "id": 1,
            "chargingRateUnit": "A",
            "startSchedule": rfc3339(self._controller.clock),
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}],
        }
        words: Words = {
            "id": _NUMBERS[source],
            "stackLevel": -_NUMBERS[source],
            "chargingProfilePurpose": EXTERNAL,
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [schedule],
        }
        self._controller.install(profile_words.parse(words, 0, self._controller.now))
        self._controller.say(f"{source} limits the station to {amps:g} A")
        told = {"chargingLimit": {"chargingLimitSource": source}, "chargingSchedule": [schedule]}
        self._tell("NotifyChargingLimit", told)  # K12.FR.03

    def lift(self, source: str = "EMS") -> None:
        """Its limit is gone; LookupError where there is none."""
        gone = self._controller.profiles.remove(lambda one: one.purpose == EXTERNAL and one.id == _NUMBERS[source])
        if not gone:
            raise LookupError(f"{source} has set no limit.")
        self._controller.say(f"{source} limits the station no more")
        self._tell("ClearedChargingLimit", {"chargingLimitSource": source})  # K13.FR.02

    def _tell(self, action: str, words: Words) -> None:
        if self._controller.version.dialect == "v2":
            self._controller.put(Message(action, lambda _: words))
