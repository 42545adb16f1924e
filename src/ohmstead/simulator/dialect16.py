"""How a station of OCPP 1.6 says what happens. Connector n of 1.6 is EVSE n."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ohmstead.runtime import rfc3339
from ohmstead.simulator import inventory
from ohmstead.simulator.availability import Place
from ohmstead.simulator.commands16 import Commands16
from ohmstead.simulator.controller import Controller
from ohmstead.simulator.evse import Reading
from ohmstead.simulator.outbox import Answered, Message, Outcome, Words
from ohmstead.simulator.session import Happened, Session, Token, Transaction
from ohmstead.simulator.tokens import Verdict

_NO_NUMBER = "-1"
"""In a StopTransaction whose StartTransaction was never answered, as stations in the field write it."""


class Dialect16:
    """The dialect of 1.6."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.handlers: dict[str, Callable[[Words], Words]] = Commands16(controller, self).handlers

    def boot(self, reason: str) -> Words:
        """BootNotification; 1.6 has no word for the reason."""
        return {
            "chargePointVendor": inventory.VENDOR,
            "chargePointModel": inventory.MODEL,
            "chargePointSerialNumber": self._controller.identity[:25],
            "firmwareVersion": inventory.FIRMWARE,
        }

    def started_up(self) -> Iterable[Message]:
        """Nothing: security events are an extension of 1.6."""
        return []

    def places(self) -> Iterator[Place]:
        """The station as connector 0, then each connector."""
        working = any(self._controller.availability.operative(evse_id) for evse_id in self._controller.sessions)
        yield self._place(0, "Available" if working else "Unavailable")
        for session in self._controller.sessions.values():
            yield self._place(session.evse.id, _status(session))

    def _place(self, connector_id: int, status: str) -> Place:
        words = {
            "connectorId": connector_id,
            "errorCode": "NoError",
            "status": status,
            "timestamp": rfc3339(self._controller.now),
        }
        return Place((connector_id, min(1, connector_id)), status, words)

    def authorise(self, token: Token) -> Words:
        """Authorize."""
        return {"idTag": token.id}

    def verdict(self, words: Words) -> Verdict | None:
        """What idTagInfo says."""
        info = words.get("idTagInfo")
        return Verdict(info["status"], info.get("parentIdTag")) if info is not None else None

    def new_transaction_id(self) -> str:
        """The CSMS gives it."""
        return ""

    def start_points(self) -> tuple[str, ...]:
        """Of 1.6 (E 1.1.2 of 2.x)."""
        return ("PowerPathClosed",)

    def stop_points(self) -> tuple[str, ...]:
        """Of 1.6 (E 1.1.2 of 2.x)."""
        return "EVConnected", "Authorized"

    def tell(self, session: Session, transaction: Transaction, happened: Happened) -> Message | None:
        """StartTransaction, MeterValues or StopTransaction; states alone are told by StatusNotification."""
        if happened.kind == "Started":
            return self._start(session, transaction, happened)
        if happened.kind == "Ended":
            return self._stop(transaction, happened)
        if happened.reading is not None:
            return self._meter(transaction, happened)
        return None

    def _start(self, session: Session, transaction: Transaction, happened: Happened) -> Message:
        words = {
            "connectorId": transaction.evse_id,
            "idTag": transaction.token.id if transaction.token is not None else "",
            "meterStart": int(transaction.start_wh),
            "timestamp": rfc3339(happened.at),
        }

        def heard(outcome: Outcome) -> None:
            if not isinstance(outcome, Answered):
                return
            transaction.id = str(outcome.words["transactionId"])
            self._controller.say(f"EVSE {transaction.evse_id}: the CSMS numbers the transaction {transaction.id}")
            verdict = self.verdict(outcome.words)
            if verdict is not None:
                self._controller.authorisation.tokens.remember(str(words["idTag"]), verdict)
                session.judged(transaction, verdict.status)

        return Message("StartTransaction", lambda _: words, heard, kept=True, subject=transaction, kind="start")

    def _stop(self, transaction: Transaction, happened: Happened) -> Message:
        reading = happened.reading
        words: Words = {
            "meterStop": int(reading.register_wh) if reading is not None else int(transaction.start_wh),
            "timestamp": rfc3339(happened.at),
            "reason": happened.stopped_reason or "Local",
        }
        if happened.token is not None:
            words["idTag"] = happened.token.id
        return Message(
            "StopTransaction",
            lambda _: {**words, "transactionId": int(transaction.id or _NO_NUMBER)},
            kept=True,
            subject=transaction,
            kind="stop",
        )

    def _meter(self, transaction: Transaction, happened: Happened) -> Message:
        assert happened.reading is not None
        words = self._meter_words(transaction.evse_id, happened.reading, happened.context, happened.at)

        def numbered(_: bool) -> Words:
            return {**words, "transactionId": int(transaction.id)} if transaction.id else words

        return Message("MeterValues", numbered, kept=True, subject=transaction, kind="meter")

    def meter_values(self, session: Session, context: str) -> Words:
        """MeterValues of a connector, with its transaction if it has one."""
        words = self._meter_words(session.evse.id, session.evse.read(), context, self._controller.now)
        if session.transaction is not None and session.transaction.id:
            words["transactionId"] = int(session.transaction.id)
        return words

    def _meter_words(self, connector_id: int, reading: Reading, context: str, at: int) -> Words:
        chosen = self._controller.variables.chosen("SampledDataCtrlr.TxUpdatedMeasurands")
        samples = [{**sample, "context": context} for sample in _samples(reading) if sample["measurand"] in chosen]
        value = {"timestamp": rfc3339(at), "sampledValue": samples}
        return {"connectorId": connector_id, "meterValue": [value]}


def _status(session: Session) -> str:
    if not session.evse.connectors[0].operative:
        return "Unavailable"
    transaction = session.transaction
    if transaction is not None:
        state = transaction.charging_state
        return state if state in ("Charging", "SuspendedEV", "SuspendedEVSE") else "Preparing"
    if session.finishing:
        return "Finishing"
    return "Available" if session.free and not session.plugged else "Preparing"


def _samples(reading: Reading) -> Iterator[Words]:
    def sample(measurand: str, value: str, unit: str, phase: str | None = None) -> Words:
        words: Words = {"measurand": measurand, "value": value, "unit": unit}
        if phase is not None:
            words["phase"] = phase
        return words

    direct = reading.soc is not None
    yield sample("Energy.Active.Import.Register", str(int(reading.register_wh)), "Wh")
    yield sample("Power.Active.Import", f"{reading.power_w:.0f}", "W")
    if reading.offered_w != float("inf"):
        yield sample("Power.Offered", f"{reading.offered_w:.0f}", "W")
    for number, amps in enumerate(reading.currents_a, 1):
        yield sample("Current.Import", f"{amps:.2f}", "A", None if direct else f"L{number}")
    for number, volts in enumerate(reading.voltages_v, 1):
        yield sample("Voltage", f"{volts:.1f}", "V", None if direct else f"L{number}-N")
    if reading.soc is not None:
        yield {**sample("SoC", f"{reading.soc:.1f}", "Percent"), "location": "EV"}
