"""Profiles that move while they are in force (2.1): dynamic schedules (K28, K29), and priority charging (K21, K22)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ohmstead.simulator import profile_words
from ohmstead.simulator.outbox import Answered, Message, Outcome, Words
from ohmstead.simulator.profiles import Profile
from ohmstead.simulator.v2x import WITHOUT_LIMITS

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller
    from ohmstead.simulator.session import Session

_SECOND = 1_000_000


class LiveProfiles:
    """The moving profiles of one station."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._pulled: dict[int, int] = {}
        """When a profile's values were asked for last, by its id."""

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The calls that are answered here."""
        return {"UpdateDynamicSchedule": self.update, "UsePriorityCharging": self.use_priority}

    # ---- dynamic schedules ----

    def update(self, words: Words) -> Words:
        """New values for the one period of a dynamic profile."""
        profile = self._dynamic(words["chargingProfileId"])
        if profile is None:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}}
        fault = self._take(profile, words["scheduleUpdate"])
        return {"status": "Accepted"} if fault is None else {"status": "Rejected", "statusInfo": {"reasonCode": fault}}

    def _dynamic(self, id: int) -> Profile | None:
        return next((one for one in self._controller.profiles if one.id == id and one.kind == "Dynamic"), None)

    def _take(self, profile: Profile, update: Words) -> str | None:
        """Bring the values in force; a reason code when they do not fit its operation mode."""
        schedule = profile.words["chargingSchedule"][0]
        period = {**schedule["chargingSchedulePeriod"][0], **update}
        if period.get("operationMode") in WITHOUT_LIMITS and {"limit", "dischargeLimit"} & update.keys():
            return "InvalidSchedule"
        words = {**profile.words, "chargingSchedule": [{**schedule, "chargingSchedulePeriod": [period]}]}
        self._controller.install(profile_words.parse(words, profile.evse_id, profile.received))
        return None

    def step(self) -> None:
        """Ask for the values of profiles that say how often (dynUpdateInterval)."""
        controller = self._controller
        for one in controller.profiles:
            every = one.words.get("dynUpdateInterval") or 0
            last = self._pulled.get(one.id, one.received)
            due = one.kind == "Dynamic" and every > 0 and controller.now - last >= every * _SECOND
            if due and controller.conversation.online:
                self._pulled[one.id] = controller.now
                self._pull(one.id)

    def _pull(self, id: int) -> None:
        def heard(outcome: Outcome) -> None:
            profile = self._dynamic(id)
            words: Words = outcome.words if isinstance(outcome, Answered) else {}
            if profile is None or words.get("status") != "Accepted" or "scheduleUpdate" not in words:
                self._controller.say(f"there are no new values for charging profile {id}")
                return
            if (fault := self._take(profile, words["scheduleUpdate"])) is not None:
                self._controller.say(f"the new values for charging profile {id} do not fit: {fault}")

        self._controller.put(Message("PullDynamicScheduleUpdate", lambda _: {"chargingProfileId": id}, heard))

    # ---- priority ----

    def use_priority(self, words: Words) -> Words:
        """The CSMS gives or takes priority; the profile of that purpose must be there (K21)."""
        session = self._controller.charging(words["transactionId"])
        if session is None:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound"}}
        if not self._has_one(session):
            return {"status": "NoProfile"}
        session.priority = words["activate"]
        return {"status": "Accepted"}

    def wish(self, session: Session, *, activate: bool) -> bool:
        """The driver presses the button at the station; it does it by itself and tells (K22). Whether it could."""
        transaction = session.transaction
        if transaction is None or not self._has_one(session):
            return False
        session.priority = activate
        words = {"transactionId": transaction.id, "activated": activate}
        self._controller.put(Message("NotifyPriorityCharging", lambda _: words))
        return True

    def _has_one(self, session: Session) -> bool:
        places = (0, session.evse.id)
        return any(one.purpose == "PriorityCharging" and one.evse_id in places for one in self._controller.profiles)
