"""How a station of OCPP 2.0.1 or 2.1 says what happens. Both speak alike: 2.1 is a superset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ohmstead.runtime import rfc3339
from ohmstead.simulator import inventory
from ohmstead.simulator.availability import Place
from ohmstead.simulator.commands2 import Commands2
from ohmstead.simulator.controller import Controller
from ohmstead.simulator.evse import Reading
from ohmstead.simulator.outbox import Answered, Message, Outcome, Words
from ohmstead.simulator.session import Happened, Session, Token, Transaction
from ohmstead.simulator.tokens import Verdict

_CONTEXT_SETTINGS = {
    "Transaction.Begin": "SampledDataCtrlr.TxStartedMeasurands",
    "Transaction.End": "SampledDataCtrlr.TxEndedMeasurands",
}


class Dialect2:
    """The dialect of 2.0.1 and 2.1."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.handlers: dict[str, Callable[[Words], Words]] = Commands2(controller, self).handlers

    def boot(self, reason: str) -> Words:
        """BootNotification."""
        station = {
            "model": inventory.MODEL,
            "vendorName": inventory.VENDOR,
            "serialNumber": self._controller.identity[:25],
            "firmwareVersion": inventory.FIRMWARE,
        }
        return {"chargingStation": station, "reason": reason}

    def started_up(self) -> Iterable[Message]:
        """The security event of a start (A04)."""
        words = {"type": "StartupOfTheDevice", "timestamp": rfc3339(self._controller.now)}
        return [Message("SecurityEventNotification", lambda _: words)]

    def places(self) -> Iterator[Place]:
        """Every connector's status."""
        for session in self._controller.sessions.values():
            for connector in session.evse.connectors:
                status = inventory.connector_status(session, connector)
                words = {
                    "timestamp": rfc3339(self._controller.now),
                    "connectorStatus": status,
                    "evseId": session.evse.id,
                    "connectorId": connector.id,
                }
                yield Place((session.evse.id, connector.id), status, words)

    def authorise(self, token: Token) -> Words:
        """Authorize."""
        return {"idToken": _id_token(token)}

    def verdict(self, words: Words) -> Verdict | None:
        """What idTokenInfo says."""
        info = words.get("idTokenInfo")
        return token_verdict(info) if info is not None else None

    def new_transaction_id(self) -> str:
        """A UUID: never again in this station's life (E01.FR.08)."""
        return self._controller.ids.uuid()

    def start_points(self) -> tuple[str, ...]:
        """TxCtrlr.TxStartPoint."""
        return self._controller.variables.chosen("TxCtrlr.TxStartPoint")

    def stop_points(self) -> tuple[str, ...]:
        """TxCtrlr.TxStopPoint."""
        return self._controller.variables.chosen("TxCtrlr.TxStopPoint")

    def tell(self, session: Session, transaction: Transaction, happened: Happened) -> Message:
        """TransactionEvent."""
        words = self._event(transaction, happened)
        transaction.seq_no += 1

        def heard(outcome: Outcome) -> None:
            verdict = self.verdict(outcome.words) if isinstance(outcome, Answered) else None
            if verdict is not None and happened.token is not None:
                self._controller.authorisation.tokens.remember(happened.token.id, verdict)
                session.judged(transaction, verdict.status)

        return Message(
            "TransactionEvent",
            lambda offline: {**words, "offline": True} if offline else words,
            heard,
            kept=True,
            subject=transaction,
            kind=words["seqNo"],
            allowed_early=False,
        )

    def _event(self, transaction: Transaction, happened: Happened) -> Words:
        info: Words = {"transactionId": transaction.id, "chargingState": happened.charging_state}
        if happened.stopped_reason is not None:
            info["stoppedReason"] = happened.stopped_reason
        if happened.remote_start_id is not None:
            info["remoteStartId"] = happened.remote_start_id
        words: Words = {
            "eventType": happened.kind,
            "timestamp": rfc3339(happened.at),
            "triggerReason": happened.trigger,
            "seqNo": transaction.seq_no,
            "transactionInfo": info,
        }
        if happened.connector_id is not None:
            words["evse"] = {"id": transaction.evse_id, "connectorId": happened.connector_id}
        elif happened.kind == "Started":
            words["evse"] = {"id": transaction.evse_id}
        if happened.token is not None:
            words["idToken"] = _id_token(happened.token)
        if happened.reading is not None:
            samples = self.samples(happened.reading, happened.context)
            if samples:
                words["meterValue"] = [{"timestamp": rfc3339(happened.at), "sampledValue": samples}]
        return words

    def meter_values(self, session: Session, context: str) -> Words:
        """MeterValues of an EVSE outside its transaction's events."""
        samples = self.samples(session.evse.read(), context)
        value = {"timestamp": rfc3339(self._controller.now), "sampledValue": samples}
        return {"evseId": session.evse.id, "meterValue": [value]}

    def samples(self, reading: Reading, context: str) -> list[Words]:
        """Sampled values of `reading`, those that the settings name for `context`."""
        setting = _CONTEXT_SETTINGS.get(context, "SampledDataCtrlr.TxUpdatedMeasurands")
        chosen = self._controller.variables.chosen(setting)
        return [{**sample, "context": context} for sample in _samples(reading) if sample["measurand"] in chosen]


def token_verdict(info: Words) -> Verdict:
    """The verdict in an IdTokenInfoType."""
    group = info.get("groupIdToken")
    return Verdict(info["status"], group["idToken"] if group is not None else None)


def _id_token(token: Token) -> Words:
    return {"idToken": token.id, "type": token.type}


def _samples(reading: Reading) -> Iterator[Words]:
    def sample(measurand: str, value: float, unit: str, phase: str | None = None) -> Words:
        words: Words = {"measurand": measurand, "value": round(value, 2), "unitOfMeasure": {"unit": unit}}
        if phase is not None:
            words["phase"] = phase
        return words

    direct = len(reading.currents_a) == len(reading.voltages_v) == 1 and reading.soc is not None
    yield sample("Energy.Active.Import.Register", reading.register_wh, "Wh")
    yield sample("Power.Active.Import", reading.power_w, "W")
    if reading.offered_w != float("inf"):
        yield sample("Power.Offered", reading.offered_w, "W")
    for number, amps in enumerate(reading.currents_a, 1):
        yield sample("Current.Import", amps, "A", None if direct else f"L{number}")
    for number, volts in enumerate(reading.voltages_v, 1):
        yield sample("Voltage", volts, "V", None if direct else f"L{number}-N")
    if reading.soc is not None:
        yield {**sample("SoC", reading.soc, "Percent"), "location": "EV"}
