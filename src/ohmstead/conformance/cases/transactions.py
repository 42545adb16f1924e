"""E, J: transactions, told in all the ways in which stations may begin and end them."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from ohmstead import runtime
from ohmstead.conformance.case import V2, Play, add, case, wanted
from ohmstead.conformance.talk import Talk, Words

MINUTE = 60_000_000


class Charging:
    """One transaction of a station with 2.x: builds its events, with their numbers and times."""

    def __init__(self, talk: Talk, first: int = 0, began: int | None = None) -> None:
        self.talk = talk
        self.id = f"conform-{uuid.uuid4().hex[:20]}"
        self._numbers = itertools.count(first)
        self._at = runtime.now() - 10 * MINUTE if began is None else began
        self._wh = 1000

    def words(
        self, kind: str, trigger: str, *, state: str = "Charging", evse: bool = True, token: str | None = None,
        meter: str | None = None, stopped: str | None = None, offline: bool = False, **more: Any,
    ) -> Words:  # fmt: skip
        """A TransactionEventRequest; `meter` is the context of a sample it carries."""
        self._at += MINUTE // 4
        info: Words = {"transactionId": self.id, "chargingState": state}
        if stopped is not None:
            info["stoppedReason"] = stopped
        words: Words = {
            "eventType": kind, "timestamp": runtime.rfc3339(self._at), "triggerReason": trigger,
            "seqNo": next(self._numbers), "transactionInfo": info,
        }  # fmt: skip
        if evse:
            words["evse"] = {"id": 1, "connectorId": 1}
        if token is not None:
            words["idToken"] = {"idToken": token, "type": "ISO14443"}
        if meter is not None:
            self._wh += 100
            words["meterValue"] = [
                {"timestamp": words["timestamp"], "sampledValue": [{"value": self._wh, "context": meter}]}
            ]
        if offline:
            words["offline"] = True
        return words | more

    async def tell(self, kind: str, trigger: str, **more: Any) -> Words:
        """Say it; the answer. With a token it must tell what the token is worth (E01.FR.12)."""
        words = self.words(kind, trigger, **more)
        answer = await self.talk.calls("TransactionEvent", words)
        if "idToken" in words:
            wanted("idTokenInfo" in answer, "an event with an idToken is answered with its idTokenInfo (E01.FR.12)")
        return answer

    async def start(self) -> None:
        """Begin with a token that is accepted."""
        answer = await self.tell("Started", "Authorized", token=self.talk.token("accepted"), meter="Transaction.Begin")
        status = answer["idTokenInfo"]["status"]
        wanted(status == "Accepted", f"the token is known as accepted, and the CSMS says {status}")

    async def end(self, trigger: str = "StopAuthorized", stopped: str = "Local", **more: Any) -> Words:
        return await self.tell("Ended", trigger, state="Idle", stopped=stopped, meter="Transaction.End", **more)


Step = tuple[str, str, Words]
"""eventType, triggerReason, and what else the event says; the word TOKEN stands for the accepted token."""
TOKEN = {"token": "TOKEN"}
IDLE, EV, SUSPENDED = {"state": "Idle"}, {"state": "EVConnected"}, {"state": "SuspendedEV"}


def _ended(trigger: str, stopped: str, **more: Any) -> Step:
    return "Ended", trigger, {"state": "Idle", "stopped": stopped, **more}


PLUGGED: Step = ("Started", "CablePluggedIn", EV)
SHOWN: Step = ("Updated", "Authorized", EV | TOKEN)
FLOWS: Step = ("Updated", "ChargingStateChanged", {})
SAMPLE: Step = ("Updated", "MeterValuePeriodic", {"meter": "Sample.Periodic"})
UNPLUGGED = _ended("EVDeparted", "EVDisconnected")
FLOW: list[tuple[str, str, str, list[Step]]] = [
    ("TC_E_01_CSMS", "Start: PowerPathClosed", "E01.FR.05", [("Started", "ChargingStateChanged", EV | TOKEN), FLOWS, UNPLUGGED]),
    ("TC_E_02_CSMS", "Start: EnergyTransfer", "E01.FR.06", [("Started", "ChargingStateChanged", TOKEN), SAMPLE, UNPLUGGED]),
    ("TC_E_03_CSMS", "Local start: cable first", "E02.FR.02", [PLUGGED, SHOWN, FLOWS, SAMPLE, UNPLUGGED]),
    ("TC_E_04_CSMS", "Local start: authorisation first", "E03.FR.02", [("Started", "Authorized", IDLE | TOKEN), ("Updated", "CablePluggedIn", EV), FLOWS, UNPLUGGED]),
    ("TC_E_07_CSMS", "Stop: PowerPathClosed, locally", "E06.FR.06", [PLUGGED, SHOWN, FLOWS, _ended("StopAuthorized", "Local", **TOKEN)]),
    ("TC_E_08_CSMS", "Stop: EnergyTransfer, authorised", "E06.FR.07", [PLUGGED, SHOWN, FLOWS, _ended("StopAuthorized", "Local", **TOKEN)]),
    ("TC_E_09_CSMS", "Start: EVConnected", "E01.FR.02", [PLUGGED, SHOWN, FLOWS, UNPLUGGED]),
    ("TC_E_10_CSMS", "Start: Authorized, locally", "E01.FR.03", [("Started", "Authorized", IDLE | TOKEN), ("Updated", "CablePluggedIn", EV), FLOWS, UNPLUGGED]),
    ("TC_E_11_CSMS", "Start: DataSigned", "E01.FR.04", [("Started", "SignedDataReceived", EV | TOKEN), FLOWS, UNPLUGGED]),
    ("TC_E_12_CSMS", "Start: ParkingBayOccupied", "E01.FR.01", [("Started", "EVDetected", IDLE), ("Updated", "CablePluggedIn", EV), SHOWN, FLOWS, UNPLUGGED]),
    ("TC_E_14_CSMS", "Stop: EVDisconnected, at the station", "E06.FR.02", [PLUGGED, SHOWN, FLOWS, ("Updated", "StopAuthorized", EV | TOKEN), UNPLUGGED]),
    ("TC_E_15_CSMS", "Stop: StopAuthorized, locally", "E06.FR.03", [PLUGGED, SHOWN, FLOWS, _ended("StopAuthorized", "Local", **TOKEN)]),
    ("TC_E_17_CSMS", "Stop: Deauthorized, the EV left", "E06.FR.04", [PLUGGED, SHOWN, FLOWS, _ended("EVCommunicationLost", "EVDisconnected")]),
    ("TC_E_19_CSMS", "Stop: ParkingBayUnoccupied", "E06.FR.01", [("Started", "EVDetected", IDLE), SHOWN, FLOWS, _ended("EVDeparted", "Local")]),
    ("TC_E_20_CSMS", "Stop: EVDisconnected, at the EV", "E06.FR.02", [PLUGGED, SHOWN, FLOWS, _ended("EVCommunicationLost", "EVDisconnected")]),
    ("TC_E_22_CSMS", "Stop: EnergyTransfer, the EV suspends", "E06.FR.07", [PLUGGED, SHOWN, FLOWS, _ended("ChargingStateChanged", "StoppedByEV", state="SuspendedEV")]),
    ("TC_E_26_CSMS", "The cable is pulled at the EV and put back", "E10.FR.01", [PLUGGED, SHOWN, FLOWS, ("Updated", "EVCommunicationLost", IDLE), ("Updated", "CablePluggedIn", EV), FLOWS, UNPLUGGED]),
    ("TC_E_38_CSMS", "The EV is not ready", "E03.FR.02", [("Started", "Authorized", IDLE | TOKEN), ("Updated", "CablePluggedIn", EV), ("Updated", "ChargingStateChanged", SUSPENDED), FLOWS, UNPLUGGED]),
    ("TC_E_39_CSMS", "Nobody plugs in", "E03.FR.05 E06.FR.04", [("Started", "Authorized", IDLE | TOKEN), _ended("EVConnectTimeout", "Timeout")]),
    ("TC_J_07_CSMS", "Samples: Started, the EVSE is known", "J02.FR.19", [("Started", "Authorized", EV | TOKEN | {"meter": "Transaction.Begin"}), FLOWS, UNPLUGGED]),
    ("TC_J_08_CSMS", "Samples: the EVSE comes later", "J02.FR.19 E01.FR.16", [("Started", "Authorized", IDLE | TOKEN | {"evse": False}), ("Updated", "CablePluggedIn", EV | {"meter": "Transaction.Begin"}), FLOWS, UNPLUGGED]),
    ("TC_J_09_CSMS", "Samples: Updated", "J02.FR.19", [PLUGGED, SHOWN, SAMPLE, SAMPLE, SAMPLE, UNPLUGGED]),
    ("TC_J_10_CSMS", "Samples: Ended", "J02.FR.19", [PLUGGED, SHOWN, FLOWS, _ended("EVDeparted", "EVDisconnected", meter="Transaction.End")]),
    ("TC_J_02_CSMS", "Clock-aligned values in a transaction", "J01.FR.18", [PLUGGED, SHOWN, ("Updated", "MeterValueClock", {"meter": "Sample.Clock"}), UNPLUGGED]),
    ("TC_J_03_CSMS", "Clock-aligned values when it ends", "J01.FR.18", [PLUGGED, SHOWN, FLOWS, _ended("EVDeparted", "EVDisconnected", meter="Sample.Clock")]),
]  # fmt: skip


def _played(steps: list[Step]) -> Play:
    async def play(talk: Talk) -> None:
        await talk.boots()
        charging, accepted = Charging(talk), talk.token("accepted")
        for kind, trigger, more in steps:
            told = more | ({"token": accepted} if "token" in more else {})
            answer = await charging.tell(kind, trigger, **told)
            if "token" in told:
                status = answer["idTokenInfo"]["status"]
                wanted(status == "Accepted", f"the token is known as accepted, and the CSMS says {status}")

    return play


for _id, _title, _requirements, _steps in FLOW:
    add(_id, _title, _requirements, V2, _played(_steps))


@case("TC_E_16_CSMS", "A token that is not valid ends the transaction", "E01.FR.11 E01.FR.12 E06.FR.04")
async def deauthorized(talk: Talk) -> None:
    await talk.boots()
    charging = Charging(talk)
    await charging.tell("Started", "CablePluggedIn", state="EVConnected")
    answer = await charging.tell("Updated", "Authorized", state="EVConnected", token=talk.token("blocked"))
    status = answer["idTokenInfo"]["status"]
    wanted(status != "Accepted", "a blocked token must not be accepted")
    await charging.tell("Ended", "Deauthorized", state="Idle", stopped="DeAuthorized")


@case("TC_E_53_CSMS", "Sequence numbers begin at 0 with each transaction", "E01.FR.07")
async def numbers(talk: Talk) -> None:
    await talk.boots()
    for first in (0, 0, 57):
        charging = Charging(talk, first)
        await charging.start()
        await charging.end()


@case("OHM_E04", "Events that come late and out of order are taken", "E04.FR.03 E.1.3.2")
async def out_of_order(talk: Talk) -> None:
    await talk.boots()
    charging = Charging(talk)
    await charging.start()
    late = [charging.words("Updated", "MeterValuePeriodic", meter="Sample.Periodic", offline=True) for _ in range(3)]
    await charging.end()
    for words in reversed(late):
        await talk.calls("TransactionEvent", words)


@case("OHM_E06", "An event of a transaction that the CSMS never heard of", "E13.FR.04")
async def never_started(talk: Talk) -> None:
    await talk.boots()
    charging = Charging(talk, 4)
    await charging.tell("Updated", "MeterValuePeriodic", meter="Sample.Periodic")
    await charging.end()


@case("OHM_E09", "A transaction that went by while the station was offline", "E04.FR.03")
async def offline(talk: Talk) -> None:
    await talk.boots()
    charging = Charging(talk, began=runtime.now() - 180 * MINUTE)
    await charging.tell("Started", "Authorized", token=talk.token("accepted"), offline=True)
    for _ in range(3):
        await charging.tell("Updated", "MeterValuePeriodic", meter="Sample.Periodic", offline=True)
    await charging.tell("Ended", "EVDeparted", state="Idle", stopped="EVDisconnected", offline=True)


def sample(**more: Any) -> Words:
    return {"timestamp": runtime.rfc3339(runtime.now()), "sampledValue": [{"value": 4711, **more}]}


@case("TC_J_01_CSMS", "Clock-aligned values without a transaction", "J01.FR.18 J01.FR.03")
async def clock_aligned(talk: Talk) -> None:
    await talk.boots()
    for evse_id in (0, 1):
        await talk.calls("MeterValues", {"evseId": evse_id, "meterValue": [sample(context="Sample.Clock")]})


SIGNED = {
    "signedMeterData": "T0NNRnx7fQ==", "signingMethod": "ECDSA-secp256r1-SHA256", "encodingMethod": "OCMF",
    "publicKey": "b2NhOmtleQ==",
}  # fmt: skip


@case("TC_J_04_CSMS", "Signed clock-aligned values", "J01.FR.21")
async def signed_clock(talk: Talk) -> None:
    await talk.boots()
    values = [sample(context="Sample.Clock", signedMeterValue=SIGNED)]
    await talk.calls("MeterValues", {"evseId": 1, "meterValue": values})


@case("TC_J_11_CSMS", "Signed samples of a transaction", "J02.FR.21")
async def signed_samples(talk: Talk) -> None:
    await talk.boots()
    charging = Charging(talk)
    await charging.start()
    values = [sample(context="Transaction.End", signedMeterValue=SIGNED)]
    await charging.tell("Ended", "StopAuthorized", state="Idle", stopped="Local", meterValue=values)
