"""What a station of OCPP 2.0.1 or 2.1 does when the CSMS calls. One method per action, words in, words out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ohmstead.runtime import rfc3339
from ohmstead.simulator import device_reports, profile_words
from ohmstead.simulator.controller import Controller
from ohmstead.simulator.customers import Customers
from ohmstead.simulator.displays import Displays
from ohmstead.simulator.external_limits import source_of
from ohmstead.simulator.outbox import Message, Words
from ohmstead.simulator.profiles import Profile
from ohmstead.simulator.reservations import Reservation
from ohmstead.simulator.session import Session, Token
from ohmstead.simulator.tokens import Verdict

if TYPE_CHECKING:
    from ohmstead.simulator.dialect2 import Dialect2


def status(word: str, reason: str | None = None) -> Words:
    """An answer with a status, and a reason code (2.x statusInfo) when there is one."""
    return {"status": word} if reason is None else {"status": word, "statusInfo": {"reasonCode": reason}}


class Commands2:
    """The handlers; `handlers` names them all."""

    def __init__(self, controller: Controller, dialect: Dialect2) -> None:
        self._controller, self._dialect = controller, dialect
        self.handlers: dict[str, Callable[[Words], Words]] = {
            "CancelReservation": lambda words: status(controller.reservations.cancel(words["reservationId"])),
            "ChangeAvailability": self._change_availability,
            "ClearCache": self._clear_cache,
            "ClearChargingProfile": self._clear_charging_profile,
            "CostUpdated": self._cost_updated,
            "DataTransfer": lambda _: status("UnknownVendorId"),
            "GetBaseReport": lambda words: device_reports.base_report(controller, words),
            "GetChargingProfiles": self._get_charging_profiles,
            "GetCompositeSchedule": self._get_composite_schedule,
            "GetLocalListVersion": lambda _: {"versionNumber": controller.authorisation.tokens.version},
            "GetReport": lambda words: device_reports.report(controller, words),
            "GetTransactionStatus": self._get_transaction_status,
            "GetVariables": lambda words: device_reports.get_variables(controller, words),
            "RequestStartTransaction": self._request_start,
            "RequestStopTransaction": self._request_stop,
            "ReserveNow": self._reserve_now,
            "Reset": self._reset,
            "SendLocalList": self._send_local_list,
            "SetChargingProfile": self._set_charging_profile,
            "SetNetworkProfile": controller.networks.set,
            "SetVariables": lambda words: device_reports.set_variables(controller, words),
            "TriggerMessage": self._trigger_message,
            "UnlockConnector": self._unlock_connector,
            **controller.certificates.handlers(),
            **Customers(controller).handlers(),
            **controller.monitoring.handlers(),
            **Displays(controller).handlers(),
            **controller.tariffs.handlers(),
            **controller.updates.handlers(),
            **controller.publishing.handlers(),
            **controller.logs.handlers(),
            "NotifyWebPaymentStarted": controller.payment.started,
            **controller.v2x.handlers(),
            **controller.live_profiles.handlers(),
            **controller.der.handlers(),
            **controller.swaps.handlers(),
        }

    # ---- transactions ----

    def _request_start(self, words: Words) -> Words:
        controller = self._controller
        session = controller.startable(words.get("evseId"))
        if session is None or controller.life.registration != "accepted":
            return status("Rejected", "TxInProgress" if session is None else "NotEnabled")
        if controller.reservations.refuses(session.evse.id, Token(words["idToken"]["idToken"])):
            return status("Rejected", "Reserved")
        profile = None
        if "chargingProfile" in words:
            profile = profile_words.parse(words["chargingProfile"], session.evse.id, controller.now)
            fault = profile_words.objection(controller, profile, needs_transaction=False)
            if fault is not None or profile.purpose != "TxProfile":
                return status("Rejected", fault or "InvalidProfile")
        token = Token(words["idToken"]["idToken"], words["idToken"]["type"])
        controller.after(lambda: self._start(session, token, words["remoteStartId"], profile))
        answer = status("Accepted")
        if session.transaction is not None:
            answer["transactionId"] = session.transaction.id
        return answer

    def _start(self, session: Session, token: Token, remote_start_id: int, profile: Profile | None) -> None:
        if profile is not None:
            self._controller.install(profile)
        self._controller.remote_start(session, token, remote_start_id)

    def _request_stop(self, words: Words) -> Words:
        session = self._controller.charging(words["transactionId"])
        if session is None:
            return status("Rejected", "TxNotFound")
        self._controller.after(lambda: session.stop("RemoteStop", "Remote"))
        return status("Accepted")

    def _reserve_now(self, words: Words) -> Words:
        group = words.get("groupIdToken")
        kept = Reservation(
            words["id"],
            words.get("evseId"),
            words["idToken"]["idToken"],
            None if group is None else group["idToken"],
            profile_words.moment(words["expiryDateTime"]),
        )
        return status(self._controller.reservations.make(kept))

    def _get_transaction_status(self, words: Words) -> Words:
        outbox = self._controller.conversation.outbox
        if "transactionId" not in words:
            return {"messagesInQueue": outbox.kept_waiting > 0}
        transaction_id = words["transactionId"]
        ongoing = self._controller.charging(transaction_id) is not None
        return {"ongoingIndicator": ongoing, "messagesInQueue": outbox.about(transaction_id)}

    def _cost_updated(self, words: Words) -> Words:
        self._controller.say(f"the display shows a cost of {words['totalCost']:g}")
        return {}

    # ---- the station ----

    def _reset(self, words: Words) -> Words:
        controller = self._controller
        when_idle = words["type"] == "OnIdle"
        if words["type"] not in ("OnIdle", "Immediate"):
            return status("Rejected", "UnsupportedParam")
        if "evseId" in words:
            return self._reset_evse(words["evseId"], when_idle)
        wait = when_idle and any(session.transaction for session in controller.sessions.values())
        reason = "ScheduledReset" if wait else "RemoteReset"
        controller.after(lambda: controller.life.reset(reason, "ImmediateReset", when_idle=when_idle))
        return status("Scheduled" if wait else "Accepted")

    def _reset_evse(self, evse_id: int, when_idle: bool) -> Words:
        session = self._controller.sessions.get(evse_id)
        if session is None or when_idle:
            return status("Rejected", "UnknownEvse" if session is None else "UnsupportedParam")
        self._controller.after(lambda: session.end("ResetCommand", "ImmediateReset"))
        return status("Accepted")

    def _unlock_connector(self, words: Words) -> Words:
        places = self._controller.availability.places(words["evseId"], words["connectorId"])
        if not places:
            return status("UnknownConnector")
        if self._controller.sessions[words["evseId"]].token is not None:
            return status("OngoingAuthorizedTransaction")
        return status("Unlocked")

    def _change_availability(self, words: Words) -> Words:
        evse = words.get("evse", {})
        places = self._controller.availability.places(evse.get("id") or None, evse.get("connectorId"))
        if not places:
            return status("Rejected", "UnknownEvse")
        operative = words["operationalStatus"] == "Operative"
        return status(self._controller.availability.change(places, operative=operative))

    def _trigger_message(self, words: Words) -> Words:
        name, evse = words["requestedMessage"], words.get("evse", {})
        evse_id = evse.get("id") or None
        if evse_id is not None and evse_id not in self._controller.sessions:
            return status("Rejected", "UnknownEvse")
        if name == "BootNotification" and self._controller.life.registration == "accepted":
            return status("Rejected", "NotEnabled")  # F06.FR.17
        action = {
            "BootNotification": self._controller.life.send_boot,
            "Heartbeat": lambda: self._say("Heartbeat", {}),
            "StatusNotification": lambda: self._say_status(evse_id, evse.get("connectorId")),
            "MeterValues": lambda: self._say_meter_values(evse_id),
            "TransactionEvent": lambda: self._say_transactions(evse_id),
            "FirmwareStatusNotification": self._controller.updates.tell,
            "LogStatusNotification": lambda: self._say("LogStatusNotification", {"status": "Idle"}),
            "SignChargingStationCertificate": self._controller.certificates.ask,
            "SignV2GCertificate": lambda: self._controller.certificates.ask("V2GCertificate"),
            "SignV2G20Certificate": lambda: self._controller.certificates.ask("V2G20Certificate"),
            "SignCombinedCertificate": lambda: self._controller.certificates.ask(None),
        }.get(name)
        if action is None:
            return status("NotImplemented")
        if name == "TransactionEvent" and not any(session.transaction for session in self._sessions(evse_id)):
            return status("Rejected", "TxNotFound")
        self._controller.after(action)
        return status("Accepted")

    def _say(self, action: str, words: Words) -> None:
        self._controller.put(Message(action, lambda _: words, allowed_early=True))

    def _say_status(self, evse_id: int | None, connector_id: int | None) -> None:
        wanted = self._controller.availability.places(evse_id, connector_id)
        for place in self._dialect.places():
            if place.key in wanted:
                self._say("StatusNotification", place.words)

    def _say_meter_values(self, evse_id: int | None) -> None:
        for session in self._sessions(evse_id):
            self._say("MeterValues", self._dialect.meter_values(session, "Trigger"))

    def _say_transactions(self, evse_id: int | None) -> None:
        for session in self._sessions(evse_id):
            session.ask()

    def _sessions(self, evse_id: int | None) -> Iterator[Session]:
        return (session for session in self._controller.sessions.values() if evse_id in (None, session.evse.id))

    # ---- tokens ----

    def _clear_cache(self, _: Words) -> Words:
        self._controller.authorisation.tokens.clear_cache()
        return status("Accepted")

    def _send_local_list(self, words: Words) -> Words:
        from ohmstead.simulator.dialect2 import token_verdict

        entries: dict[str, Verdict | None] = {}
        for entry in words.get("localAuthorizationList", []):
            info = entry.get("idTokenInfo")
            entries[entry["idToken"]["idToken"]] = token_verdict(info) if info is not None else None
        full = words["updateType"] == "Full"
        return status(self._controller.authorisation.tokens.update_list(words["versionNumber"], entries, full=full))

    # ---- smart charging ----

    def _set_charging_profile(self, words: Words) -> Words:
        profile = profile_words.parse(words["chargingProfile"], words["evseId"], self._controller.now)
        fault = profile_words.objection(self._controller, profile)
        if fault is not None:
            return status("Rejected", fault)
        session = self._controller.sessions.get(profile.evse_id)
        self._controller.install(profile)
        if profile.purpose == "TxProfile" and session is not None:
            self._controller.after(lambda: self._controller.needs.planned(session, profile))
        return status("Accepted")

    def _clear_charging_profile(self, words: Words) -> Words:
        wanted = words.get("chargingProfileCriteria", {})

        def chosen(profile: Profile) -> bool:
            if source_of(profile) != "CSO":
                return False  # what others set is theirs (K10.FR.06)
            if "chargingProfileId" in words:
                return bool(profile.id == words["chargingProfileId"])
            return (
                wanted.get("evseId") in (None, profile.evse_id)
                and wanted.get("chargingProfilePurpose") in (None, profile.purpose)
                and wanted.get("stackLevel") in (None, profile.stack_level)
            )

        return status("Accepted" if self._controller.profiles.remove(chosen) else "Unknown")

    def _get_charging_profiles(self, words: Words) -> Words:
        wanted = words["chargingProfile"]

        def chosen(profile: Profile) -> bool:
            if words.get("evseId") not in (None, profile.evse_id):
                return False
            if "chargingProfileId" in wanted:
                return profile.id in wanted["chargingProfileId"]
            return (
                wanted.get("chargingProfilePurpose") in (None, profile.purpose)
                and wanted.get("stackLevel") in (None, profile.stack_level)
                and source_of(profile) in wanted.get("chargingLimitSource", [source_of(profile)])
            )

        found = [profile for profile in self._controller.profiles if chosen(profile)]
        if not found:
            return status("NoProfiles")
        self._controller.after(lambda: self._report_profiles(words["requestId"], found))
        return status("Accepted")

    def _report_profiles(self, request_id: int, found: list[Profile]) -> None:
        parts: dict[tuple[int, str], list[Words]] = {}
        for profile in found:
            parts.setdefault((profile.evse_id, source_of(profile)), []).append(profile.words)
        for number, (evse_id, source) in enumerate(sorted(parts), 1):
            words: Words = {"requestId": request_id, "chargingLimitSource": source, "evseId": evse_id}
            words["chargingProfile"] = parts[evse_id, source]
            self._say("ReportChargingProfiles", words | ({"tbc": True} if number < len(parts) else {}))

    def _get_composite_schedule(self, words: Words) -> Words:
        controller, evse_id = self._controller, words["evseId"]
        if evse_id != 0 and evse_id not in controller.sessions:
            return status("Rejected", "UnknownEvse")
        unit = words.get("chargingRateUnit", "W")
        schedule = {
            "evseId": evse_id,
            "duration": words["duration"],
            "scheduleStart": rfc3339(controller.clock),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": profile_words.composite(controller, evse_id, words["duration"], unit),
        }
        return {"status": "Accepted", "schedule": schedule}
