"""What a station of OCPP 1.6 does when the CSMS calls. One method per action, words in, words out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ohmstead.runtime import rfc3339
from ohmstead.simulator import profile_words
from ohmstead.simulator.controller import Controller
from ohmstead.simulator.external_limits import source_of
from ohmstead.simulator.outbox import Message, Words
from ohmstead.simulator.profiles import Profile
from ohmstead.simulator.reservations import Reservation
from ohmstead.simulator.session import Session, Token
from ohmstead.simulator.tokens import Verdict

if TYPE_CHECKING:
    from ohmstead.simulator.dialect16 import Dialect16


class Commands16:
    """The handlers; `handlers` names them all."""

    def __init__(self, controller: Controller, dialect: Dialect16) -> None:
        self._controller, self._dialect = controller, dialect
        self.handlers: dict[str, Callable[[Words], Words]] = {
            "CancelReservation": lambda words: {"status": controller.reservations.cancel(words["reservationId"])},
            "ChangeAvailability": self._change_availability,
            "ChangeConfiguration": self._change_configuration,
            "ClearCache": self._clear_cache,
            "ClearChargingProfile": self._clear_charging_profile,
            "DataTransfer": lambda _: {"status": "UnknownVendorId"},
            "ExtendedTriggerMessage": self._trigger_message,
            "GetCompositeSchedule": self._get_composite_schedule,
            "GetConfiguration": self._get_configuration,
            "GetLocalListVersion": lambda _: {"listVersion": controller.authorisation.tokens.version},
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "ReserveNow": self._reserve_now,
            "Reset": self._reset,
            "SendLocalList": self._send_local_list,
            "SetChargingProfile": self._set_charging_profile,
            "TriggerMessage": self._trigger_message,
            "UnlockConnector": self._unlock_connector,
            **controller.certificates.handlers(),
            **controller.updates.handlers(),
            **controller.logs.handlers(),
        }

    # ---- transactions ----

    def _remote_start(self, words: Words) -> Words:
        controller = self._controller
        session = controller.startable(words.get("connectorId"))
        if session is None or controller.life.registration != "accepted":
            return {"status": "Rejected"}
        if controller.reservations.refuses(session.evse.id, Token(words["idTag"])):
            return {"status": "Rejected"}
        profile = None
        if "chargingProfile" in words:
            profile = profile_words.parse(words["chargingProfile"], session.evse.id, controller.now)
            fault = profile_words.objection(controller, profile, needs_transaction=False)
            if fault is not None or profile.purpose != "TxProfile":
                return {"status": "Rejected"}
        controller.after(lambda: self._start(session, Token(words["idTag"]), profile))
        return {"status": "Accepted"}

    def _start(self, session: Session, token: Token, profile: Profile | None) -> None:
        if profile is not None:
            self._controller.install(profile)
        self._controller.remote_start(session, token)

    def _reserve_now(self, words: Words) -> Words:
        kept = Reservation(
            words["reservationId"],
            words["connectorId"] or None,
            words["idTag"],
            words.get("parentIdTag"),
            profile_words.moment(words["expiryDate"]),
        )
        return {"status": self._controller.reservations.make(kept)}

    def _remote_stop(self, words: Words) -> Words:
        session = self._controller.charging(str(words["transactionId"]))
        if session is None:
            return {"status": "Rejected"}
        self._controller.after(lambda: session.stop("RemoteStop", "Remote"))
        return {"status": "Accepted"}

    # ---- the station ----

    def _reset(self, words: Words) -> Words:
        reason = f"{words['type']}Reset"
        self._controller.after(lambda: self._controller.life.reset("RemoteReset", reason))
        return {"status": "Accepted"}

    def _unlock_connector(self, words: Words) -> Words:
        session = self._controller.sessions.get(words["connectorId"])
        if session is None:
            return {"status": "NotSupported"}
        self._controller.after(lambda: session.stop("UnlockCommand", "UnlockCommand"))
        return {"status": "Unlocked"}

    def _change_availability(self, words: Words) -> Words:
        places = self._controller.availability.places(words["connectorId"] or None)
        if not places:
            return {"status": "Rejected"}
        return {"status": self._controller.availability.change(places, operative=words["type"] == "Operative")}

    def _trigger_message(self, words: Words) -> Words:
        connector_id = words.get("connectorId")
        if connector_id and connector_id not in self._controller.sessions:
            return {"status": "Rejected"}
        action = {
            "BootNotification": self._controller.life.send_boot,
            "Heartbeat": lambda: self._say("Heartbeat", {}),
            "StatusNotification": lambda: self._say_status(connector_id),
            "MeterValues": lambda: self._say_meter_values(connector_id),
            "DiagnosticsStatusNotification": lambda: self._say("DiagnosticsStatusNotification", {"status": "Idle"}),
            "FirmwareStatusNotification": self._controller.updates.tell,
            "SignChargePointCertificate": self._controller.certificates.ask,
        }.get(words["requestedMessage"])
        if action is None:
            return {"status": "NotImplemented"}
        self._controller.after(action)
        return {"status": "Accepted"}

    def _say(self, action: str, words: Words) -> None:
        self._controller.put(Message(action, lambda _: words, allowed_early=True))

    def _say_status(self, connector_id: int | None) -> None:
        for place in self._dialect.places():
            if connector_id in (None, place.key[0]):
                self._say("StatusNotification", place.words)

    def _say_meter_values(self, connector_id: int | None) -> None:
        for session in self._controller.sessions.values():
            if not connector_id or session.evse.id == connector_id:
                self._say("MeterValues", self._dialect.meter_values(session, "Trigger"))

    # ---- settings ----

    def _get_configuration(self, words: Words) -> Words:
        asked = words.get("key") or []
        variables = self._controller.variables
        found = [v for v in map(variables.by_key, asked) if v is not None] if asked else variables.keys()
        shown = []
        for variable in found:
            entry: Words = {"key": variable.key, "readonly": variable.mutability == "ReadOnly"}
            if variable.mutability != "WriteOnly":
                entry["value"] = variable.read()
            shown.append(entry)
        answer: Words = {"configurationKey": shown} if shown else {}
        unknown = [key for key in asked if variables.by_key(key) is None]
        return {**answer, "unknownKey": unknown} if unknown else answer

    def _change_configuration(self, words: Words) -> Words:
        variable = self._controller.variables.by_key(words["key"])
        if variable is None:
            return {"status": "NotSupported"}
        if variable.name == "SecurityProfile":
            return {"status": self._controller.networks.raise_to(words["value"])}
        return {"status": self._controller.variables.write(variable, words["value"])}

    # ---- tokens ----

    def _clear_cache(self, _: Words) -> Words:
        self._controller.authorisation.tokens.clear_cache()
        return {"status": "Accepted"}

    def _send_local_list(self, words: Words) -> Words:
        entries: dict[str, Verdict | None] = {}
        for entry in words.get("localAuthorizationList", []):
            verdict = self._dialect.verdict(entry)
            entries[entry["idTag"]] = verdict
        full = words["updateType"] == "Full"
        tokens = self._controller.authorisation.tokens
        return {"status": tokens.update_list(words["listVersion"], entries, full=full)}

    # ---- smart charging ----

    def _set_charging_profile(self, words: Words) -> Words:
        profile = profile_words.parse(words["csChargingProfiles"], words["connectorId"], self._controller.now)
        if profile_words.objection(self._controller, profile) is not None:
            return {"status": "Rejected"}
        self._controller.install(profile)
        return {"status": "Accepted"}

    def _clear_charging_profile(self, words: Words) -> Words:
        purpose = words.get("chargingProfilePurpose")

        def chosen(profile: Profile) -> bool:
            return (
                source_of(profile) == "CSO"
                and words.get("id") in (None, profile.id)
                and words.get("connectorId") in (None, profile.evse_id)
                and (purpose is None or profile_words.purpose(purpose) == profile.purpose)
                and words.get("stackLevel") in (None, profile.stack_level)
            )

        return {"status": "Accepted" if self._controller.profiles.remove(chosen) else "Unknown"}

    def _get_composite_schedule(self, words: Words) -> Words:
        controller, connector_id = self._controller, words["connectorId"]
        if connector_id and connector_id not in controller.sessions:
            return {"status": "Rejected"}
        unit = words.get("chargingRateUnit", "W")
        schedule = {
            "duration": words["duration"],
            "startSchedule": rfc3339(controller.clock),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": profile_words.composite(controller, connector_id, words["duration"], unit),
        }
        return {
            "status": "Accepted",
            "connectorId": connector_id,
            "scheduleStart": rfc3339(controller.clock),
            "chargingSchedule": schedule,
        }
