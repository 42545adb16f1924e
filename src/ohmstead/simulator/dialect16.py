"""How a station of OCPP 1.6 says what happens. Connector n of 1.6 is EVSE n."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ohmstead.runtime import rfc3339
from ohmstead.simulator import samples
from ohmstead.simulator.availability import Place
from ohmstead.simulator.commands16 import Commands16
from ohmstead.simulator.controller import Controller
from ohmstead.simulator.evse import Reading
from ohmstead.simulator.outbox import Answered, Message, Outcome, Words
from ohmstead.simulator.session import Happened, Session, Token, Transaction
from ohmstead.simulator.tokens import Verdict

_NO_NUMBER = -1
"""In a StopTransaction whose StartTransaction was never answered, as stations in the field write it."""
_A_WRONG_NUMBER = 999_999
_LATE = 3_000_000
"""How long after the stop the last, late samples are dated, in microseconds."""


class Dialect16:
    """The dialect of 1.6."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._traits = controller.traits
        self._own_numbers = 0
        self.handlers: dict[str, Callable[[Words], Words]] = Commands16(controller, self).handlers

    def boot(self, reason: str) -> Words:
        """BootNotification; 1.6 has no word for the reason."""
        boot = self._traits.boot
        return {
            "chargePointVendor": boot.vendor,
            "chargePointModel": boot.model,
            "chargePointSerialNumber": self._controller.serial,
            "firmwareVersion": self._controller.updates.version,
        }

    def started_up(self) -> Iterable[Message]:
        """Nothing: security events are an extension of 1.6."""
        return []

    # ---- connectors ----

    def places(self) -> Iterator[Place]:
        """The station as connector 0, then each connector."""
        working = any(self._controller.availability.operative(evse_id) for evse_id in self._controller.sessions)
        yield self._place(0, "Available" if working else "Unavailable")
        for session in self._controller.sessions.values():
            yield self._place(session.evse.id, _status(session))

    def _place(self, connector_id: int, status: str) -> Place:
        words: Words = {"connectorId": connector_id, "errorCode": "NoError", "status": status}
        if self._traits.status.time != "none":
            words["timestamp"] = rfc3339(self._controller.told_at)
        return Place((connector_id, min(1, connector_id)), status, words)

    # ---- tokens ----

    def authorise(self, token: Token) -> Words:
        """Authorize."""
        return {"idTag": token.id}

    def verdict(self, words: Words) -> Verdict | None:
        """What idTagInfo says."""
        info = words.get("idTagInfo")
        return Verdict(info["status"], info.get("parentIdTag")) if info is not None else None

    # ---- transactions ----

    def new_transaction_id(self) -> str:
        """The CSMS gives it; but some stations give their own, below zero."""
        if self._traits.transactions.number != "own-negative":
            return ""
        self._own_numbers += 1
        return str(-int(self._controller.ids.between(1_000, 1_000_000)) - self._own_numbers)

    def start_points(self) -> tuple[str, ...]:
        """Of 1.6 (E 1.1.2 of 2.x)."""
        return ("PowerPathClosed",)

    def stop_points(self) -> tuple[str, ...]:
        """Of 1.6 (E 1.1.2 of 2.x)."""
        return "EVConnected", "Authorized"

    def tell(self, session: Session, transaction: Transaction, happened: Happened) -> Iterator[Message]:
        """StartTransaction, MeterValues or StopTransaction; states alone are told by StatusNotification."""
        if happened.kind == "Started":
            yield self._start(session, transaction, happened)
        elif happened.kind == "Ended":
            yield self._stop(transaction, happened)
            if self._traits.transactions.values_after_stop and happened.reading is not None:
                yield self._meter(transaction, happened.reading, samples.PERIODIC, happened.at + _LATE)
        elif happened.reading is not None:
            if happened.context == samples.PERIODIC and self._traits.metering.station_meter:
                words = self._meter_words(0, self._controller.grid.read(), happened.context, happened.at)
                yield Message("MeterValues", lambda _: words)
            yield self._meter(transaction, happened.reading, happened.context, happened.at)

    def _start(self, session: Session, transaction: Transaction, happened: Happened) -> Message:
        words = {
            "connectorId": transaction.evse_id,
            "idTag": transaction.token.id if transaction.token is not None else "",
            "meterStart": int(transaction.start_wh),
            "timestamp": rfc3339(happened.at),
        }
        if happened.reservation_id is not None:
            words["reservationId"] = happened.reservation_id

        def heard(outcome: Outcome) -> None:
            if not isinstance(outcome, Answered):
                return
            given = str(outcome.words["transactionId"])
            transaction.id = transaction.id or given
            self._controller.say(f"EVSE {transaction.evse_id}: the CSMS numbers the transaction {given}")
            verdict = self.verdict(outcome.words)
            if verdict is not None:
                self._controller.authorisation.tokens.remember(str(words["idTag"]), verdict)
                session.judged(transaction, verdict.status)

        twice = int(self._traits.transactions.start_twice)
        return Message(
            "StartTransaction", lambda _: words, heard, kept=True, subject=transaction, kind="start", deaf=twice
        )

    def _stop(self, transaction: Transaction, happened: Happened) -> Message:
        reading = happened.reading
        words: Words = {
            "meterStop": int(reading.register_wh) if reading is not None else int(transaction.start_wh),
            "timestamp": rfc3339(happened.at),
        }
        reason = happened.stopped_reason or "Local"
        if reason != "Local" or self._traits.transactions.reason_if_local:
            words["reason"] = reason
        if happened.token is not None and self._traits.transactions.stop_token:
            words["idTag"] = happened.token.id
        if self._traits.transactions.all_values_at_end:
            told = [self._value(reading, context, at) for at, context, reading in transaction.samples]
            words["transactionData"] = [value for value in told if value["sampledValue"]]
        lost = self._traits.transactions.number == "minus-one-at-stop"

        def numbered(_: bool) -> Words:
            return {**words, "transactionId": int(transaction.id) if transaction.id and not lost else _NO_NUMBER}

        return Message("StopTransaction", numbered, kept=True, subject=transaction, kind="stop")

    # ---- meters ----

    def _meter(self, transaction: Transaction, reading: Reading, context: str, at: int) -> Message:
        words = self._meter_words(transaction.evse_id, reading, context, at)
        kept = self._traits.transactions.values_kept
        return Message(
            "MeterValues",
            lambda _: self._numbered(words, transaction),
            kept=kept,
            subject=transaction if kept else None,
            kind="meter",
            droppable=True,
        )

    def _numbered(self, words: Words, transaction: Transaction | None) -> Words:
        """MeterValues with the transaction's number, if it has one and the station writes it."""
        way = self._traits.transactions.values_number
        if transaction is None or not transaction.id or way == "none":
            return words
        return {**words, "transactionId": int(transaction.id) if way == "given" else _A_WRONG_NUMBER}

    def meter_values(self, session: Session, context: str) -> Words:
        """MeterValues of a connector, with its transaction if it has one."""
        words = self._meter_words(session.evse.id, session.read(), context, self._controller.clock)
        return self._numbered(words, session.transaction)

    def _meter_words(self, connector_id: int, reading: Reading, context: str, at: int) -> Words:
        return {"connectorId": connector_id, "meterValue": [self._value(reading, context, at)]}

    def _value(self, reading: Reading, context: str, at: int) -> Words:
        chosen = self._controller.variables.chosen("SampledDataCtrlr.TxUpdatedMeasurands")
        found = samples.words_16(self._traits.metering, reading, context, chosen)
        return {"timestamp": rfc3339(at), "sampledValue": found}


def _status(session: Session) -> str:
    if not session.evse.connectors[0].operative:
        return "Unavailable"
    transaction = session.transaction
    if transaction is not None:
        state = transaction.charging_state
        return state if state in ("Charging", "SuspendedEV", "SuspendedEVSE") else "Preparing"
    if session.finishing:
        return "Finishing"
    if session.plugged or not session.free:
        return "Preparing"
    return "Reserved" if session.reserved else "Available"
