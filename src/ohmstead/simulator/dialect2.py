"""How a station of OCPP 2.0.1 or 2.1 says what happens. Both speak alike: 2.1 is a superset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ohmstead.ocpp.versions import V21
from ohmstead.runtime import rfc3339
from ohmstead.simulator import inventory, samples
from ohmstead.simulator.availability import Place
from ohmstead.simulator.commands2 import Commands2
from ohmstead.simulator.controller import Controller
from ohmstead.simulator.evse import Reading
from ohmstead.simulator.outbox import Answered, Message, Outcome, Words
from ohmstead.simulator.session import Happened, Session, Token, Transaction
from ohmstead.simulator.tokens import Verdict

_CONTEXT_SETTINGS = {
    "Transaction.Begin": "TxStartedMeasurands",
    "Transaction.End": "TxEndedMeasurands",
}


class Dialect2:
    """The dialect of 2.0.1 and 2.1."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._traits = controller.traits
        self._counters: dict[int, int] = {}
        self._events = 0
        self._last_id = ""
        self.handlers: dict[str, Callable[[Words], Words]] = Commands2(controller, self).handlers

    def boot(self, reason: str) -> Words:
        """BootNotification."""
        boot = self._traits.boot
        station = {
            "model": boot.model,
            "vendorName": boot.vendor,
            "serialNumber": self._controller.serial,
            "firmwareVersion": self._controller.updates.version,
        }
        return {"chargingStation": station, "reason": reason}

    def started_up(self) -> Iterable[Message]:
        """The security event of a start (A04)."""
        words = {"type": "StartupOfTheDevice", "timestamp": rfc3339(self._controller.clock)}
        return [Message("SecurityEventNotification", lambda _: words)]

    # ---- connectors ----

    def places(self) -> Iterator[Place]:
        """Every connector's status."""
        if self._traits.status.connector_zero:
            yield self._place(0, 0, "Available")
        for session in self._controller.sessions.values():
            for connector in session.evse.connectors:
                yield self._place(session.evse.id, connector.id, inventory.connector_status(session, connector))

    def _place(self, evse_id: int, connector_id: int, status: str) -> Place:
        key, time = (evse_id, connector_id), rfc3339(self._controller.told_at)
        if self._traits.status.by == "NotifyEvent":
            return Place(key, status, self._availability_event(evse_id, connector_id, status, time), "NotifyEvent")
        where = {"evseId": evse_id, "connectorId": connector_id}
        return Place(key, status, {"timestamp": time, "connectorStatus": status, **where})

    def _availability_event(self, evse_id: int, connector_id: int, status: str, time: str) -> Words:
        """NotifyEvent of a connector's AvailabilityState (G01.FR.03)."""
        self._events += 1
        event = {
            "eventId": self._events,
            "timestamp": time,
            "trigger": "Delta",
            "actualValue": status,
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "Connector", "evse": {"id": evse_id, "connectorId": connector_id}},
            "variable": {"name": "AvailabilityState"},
        }
        return {"generatedAt": time, "seqNo": 0, "eventData": [event]}

    # ---- tokens ----

    def authorise(self, token: Token) -> Words:
        """Authorize."""
        return {"idToken": _id_token(token)}

    def verdict(self, words: Words) -> Verdict | None:
        """What idTokenInfo says."""
        info = words.get("idTokenInfo")
        return token_verdict(info) if info is not None else None

    # ---- transactions ----

    def new_transaction_id(self) -> str:
        """Never again in this station's life (E01.FR.08), unless a fault wants it so."""
        if not self._last_id or not self._controller.faults.strikes("transaction_id_reuse"):
            uuid = self._controller.ids.uuid()
            plain = uuid.replace("-", "")
            self._last_id = {"uuid": uuid, "word": f"sess-{plain[:8]}", "hex": f"0f{plain}"}[
                self._traits.transactions.ids
            ]
        return self._last_id

    def start_points(self) -> tuple[str, ...]:
        """TxCtrlr.TxStartPoint."""
        return self._controller.variables.chosen("TxCtrlr.TxStartPoint")

    def stop_points(self) -> tuple[str, ...]:
        """TxCtrlr.TxStopPoint."""
        return self._controller.variables.chosen("TxCtrlr.TxStopPoint")

    def tell(self, session: Session, transaction: Transaction, happened: Happened) -> Iterator[Message]:
        """TransactionEvent, one or several; or MeterValues beside it."""
        values = self._values(transaction, happened)
        periodic = happened.context == samples.PERIODIC
        if periodic and self._traits.metering.station_meter:
            yield self._told_values(0, self._station_values(happened))
        if periodic and self._traits.transactions.values_apart:
            yield self._told_values(transaction.evse_id, values)
        elif periodic and self._traits.transactions.split_values:
            for sample in values[0]["sampledValue"]:
                yield self._message(session, transaction, happened, [{**values[0], "sampledValue": [sample]}])
        else:
            yield self._message(session, transaction, happened, values)

    def _told_values(self, evse_id: int, values: list[Words]) -> Message:
        words = {"evseId": evse_id, "meterValue": values}
        return Message("MeterValues", lambda _: words)

    def _message(self, session: Session, transaction: Transaction, happened: Happened, values: list[Words]) -> Message:
        words = self._event(transaction, happened)
        if values:
            words["meterValue"] = values
        details = self._controller.tariffs.details(transaction, happened)
        if details is not None:
            words["costDetails"] = details

        def heard(outcome: Outcome) -> None:
            verdict = self.verdict(outcome.words) if isinstance(outcome, Answered) else None
            if verdict is not None and happened.token is not None:
                self._controller.authorisation.tokens.remember(happened.token.id, verdict)
                session.judged(transaction, verdict.status)
            if isinstance(outcome, Answered):
                self._controller.payment.heard(transaction, happened, outcome.words)

        return Message(
            "TransactionEvent",
            lambda offline: {**words, "offline": True} if offline else words,
            heard,
            kept=True,
            subject=transaction,
            kind=words["seqNo"],
            droppable=happened.kind == "Updated",
            deaf=int(happened.kind == "Started" and self._traits.transactions.start_twice),
        )

    def _event(self, transaction: Transaction, happened: Happened) -> Words:
        info: Words = {"transactionId": transaction.id, "chargingState": happened.charging_state}
        if happened.stopped_reason is not None and self._tells_reason(happened.stopped_reason):
            info["stoppedReason"] = happened.stopped_reason
        if happened.remote_start_id is not None:
            info["remoteStartId"] = happened.remote_start_id
        if happened.trigger == "TariffChanged":
            info["tariffId"] = self._controller.tariffs.named(transaction)  # I11.FR.07
        words: Words = {
            "eventType": happened.kind,
            "timestamp": rfc3339(happened.at),
            "triggerReason": happened.trigger,
            "seqNo": self._number(transaction),
            "transactionInfo": info,
        }
        if happened.reservation_id is not None:
            words["reservationId"] = happened.reservation_id
        if happened.connector_id is not None:
            words["evse"] = {"id": transaction.evse_id, "connectorId": happened.connector_id}
        elif happened.kind == "Started" and self._traits.transactions.evse_before_plug:
            words["evse"] = {"id": transaction.evse_id}
        if happened.token is not None and (happened.kind != "Ended" or self._traits.transactions.stop_token):
            words["idToken"] = _id_token(happened.token)
        return words

    def _tells_reason(self, reason: str) -> bool:
        return reason != "Local" or self._traits.transactions.reason_if_local

    def _number(self, transaction: Transaction) -> int:
        """The next seqNo, as this station counts (E 1.3.2)."""
        way, faults = self._traits.transactions.seq_no, self._controller.faults
        if way == "always-zero":
            return 0
        number = self._counters.get(transaction.evse_id, 0) if way == "per-evse" else transaction.seq_no
        if faults.strikes("seq_no_gap"):
            number += 1
        if number and faults.strikes("seq_no_repeat"):
            number -= 1
        transaction.seq_no = self._counters[transaction.evse_id] = number + 1
        return number

    # ---- meters ----

    def _values(self, transaction: Transaction, happened: Happened) -> list[Words]:
        """meterValue of an event."""
        if happened.reading is None:
            return []
        told = [(happened.at, happened.context, happened.reading)]
        if happened.kind == "Ended" and self._traits.transactions.all_values_at_end:
            told = transaction.samples
        values = [self._value(at, reading, context) for at, context, reading in told]
        return [value for value in values if value["sampledValue"]]

    def _value(self, at: int, reading: Reading, context: str) -> Words:
        return {"timestamp": rfc3339(at), "sampledValue": self.samples(reading, context)}

    def _station_values(self, happened: Happened) -> list[Words]:
        return [self._value(happened.at, self._controller.grid.read(), happened.context)]

    def meter_values(self, session: Session, context: str) -> Words:
        """MeterValues of an EVSE outside its transaction's events."""
        value = self._value(self._controller.clock, session.read(), context)
        return {"evseId": session.evse.id, "meterValue": [value]}

    def samples(self, reading: Reading, context: str) -> list[Words]:
        """Sampled values of `reading`, those that the settings name for `context`."""
        both_ways = reading.exported_wh is not None and self._controller.version is V21
        component = "V2XChargingCtrlr" if both_ways else "SampledDataCtrlr"
        setting = f"{component}.{_CONTEXT_SETTINGS.get(context, 'TxUpdatedMeasurands')}"
        chosen = self._controller.variables.chosen(setting)
        return samples.words_2(self._traits.metering, reading, context, chosen)


def token_verdict(info: Words) -> Verdict:
    """The verdict in an IdTokenInfoType."""
    group = info.get("groupIdToken")
    return Verdict(info["status"], group["idToken"] if group is not None else None)


def _id_token(token: Token) -> Words:
    return {"idToken": token.id, "type": token.type}
