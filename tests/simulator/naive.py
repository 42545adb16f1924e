"""A CSMS that expects what most stations do, and nothing else: what personas are made to break.

It keeps the registration with the socket, tells repeats by message id and by sequence number, reads fields without
asking whether they are there, takes every number for Wh, and believes Accepted. `trouble` tells what became of it.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from ohmstead.ocpp.versions import Version
from ohmstead.simulator.connection import Endpoint, LineClosed
from ohmstead.simulator.session import Transaction

TIME = "2025-11-24T16:00:00.000Z"
ITEM = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "FileTransferProtocols"}}


class Account:
    """One transaction, as far as it was understood."""

    def __init__(self, start: float) -> None:
        self.start, self.end, self.over = start, start, False
        self.numbers: set[int] = set()
        self.sampled = ""


class Naive:
    """See the module. `dial` gives a station its line."""

    def __init__(self, version: Version, tokens: tuple[str, ...] = ("TAG",)) -> None:
        self.version, self.tokens = version, tokens
        self.faults: list[str] = []
        self.accounts: dict[str, Account] = {}
        self.statuses: dict[tuple[int, int], tuple[str, str]] = {}
        self.registers: dict[int, float] = defaultdict(float)
        self.variables: dict[tuple[str, str], str] = {}
        self.report_done = False
        self.answers: dict[str, str] = {}
        self.asked: dict[str, str] = {}
        self.heard_of: list[str] = []
        self.boots = 0
        self._registered, self._identity = False, ""
        self._line: _Line | None = None

    async def dial(self, endpoint: Endpoint) -> _Line:
        self._registered, self._identity = False, endpoint.identity
        self._line = _Line(self)
        return self._line

    def ask(self, action: str, payload: dict[str, Any]) -> None:
        """Call the station."""
        assert self._line is not None
        message_id = f"ask-{len(self.asked)}"
        self.asked[message_id] = action
        self._line.inbox.put_nowait(json.dumps([2, message_id, action, payload]).encode())

    def hear(self, text: bytes) -> str | None:
        """One frame; the answer."""
        try:
            kind, message_id, *rest = json.loads(text)
            if kind in (3, 4):
                self._answered(self.asked.pop(message_id), rest[0])
                return None
            if message_id in self.answers:
                return self.answers[message_id]
            self.heard_of.append(rest[0])
            if rest[0] != "BootNotification" and not self._registered:
                self.faults.append("SecurityError")
                answer = json.dumps([4, message_id, "SecurityError", "", {}])
            else:
                answer = json.dumps([3, message_id, getattr(self, f"on_{rest[0]}", self.on_other)(rest[1])])
            self.answers[message_id] = answer
        except json.JSONDecodeError:
            self.faults.append("no JSON")
            return None
        except Exception as error:
            self.faults.append(type(error).__name__)
            return json.dumps([4, message_id, "InternalError", repr(error)[:200], {}])
        return answer

    def trouble(self, books: list[Transaction], places: int) -> set[str]:
        """Everything that went wrong; `books` are the station's own, `places` the number of its connectors."""
        found = set(self.faults)
        found |= {"never ended" for account in self.accounts.values() if not account.over}
        found |= {"a gap" for one in self.accounts.values() if one.numbers != set(range(len(one.numbers)))}
        billed = sorted(account.end - account.start for account in self.accounts.values())
        right = sorted(one.energy_wh or 0.0 for one in books)
        if len(billed) != len(right) or any(abs(a - b) > 1.01 for a, b in zip(billed, right, strict=True)):
            found.add("wrong bill")
        if len(self.statuses) != places or any(status == "?" for _, status in self.statuses.values()):
            found.add("wrong connectors")
        return found

    # ---- what stations say ----

    def on_other(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {}

    def on_BootNotification(self, payload: dict[str, Any]) -> dict[str, Any]:
        if "chargePointModel" in payload:
            vendor, serial = payload["chargePointVendor"], payload["chargePointSerialNumber"]
        else:
            vendor, serial = payload["chargingStation"]["vendorName"], payload["chargingStation"]["serialNumber"]
        assert vendor[0]
        if serial != self._identity:
            self.faults.append("unknown serial")
        for account in self.accounts.values():  # a station that boots has nothing going on
            account.over = True
        self._registered, self.boots = True, self.boots + 1
        return {"status": "Accepted", "currentTime": TIME, "interval": 300}

    def on_Heartbeat(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"currentTime": TIME}

    def on_StatusNotification(self, payload: dict[str, Any]) -> dict[str, Any]:
        key = (payload.get("evseId", payload["connectorId"]), payload["connectorId"])
        at = self._time(payload["timestamp"])
        if at >= self.statuses.get(key, (at, ""))[0]:
            self.statuses[key] = (at, payload.get("status") or payload["connectorStatus"])
        return {}

    def on_Authorize(self, payload: dict[str, Any]) -> dict[str, Any]:
        if "idTag" in payload:
            return {"idTagInfo": {"status": self._status(payload["idTag"])}}
        return {"idTokenInfo": {"status": self._status(payload["idToken"]["idToken"])}}

    def on_TransactionEvent(self, payload: dict[str, Any]) -> dict[str, Any]:
        self._time(payload["timestamp"])
        name, number = payload["transactionInfo"]["transactionId"], payload["seqNo"]
        if payload["eventType"] == "Started":
            uuid.UUID(name)
            assert payload["evse"]["id"]
            self._status(payload["idToken"]["idToken"])
            self.accounts.setdefault(name, Account(_first(payload)))
        account = self.accounts[name]
        if number in account.numbers:
            return {}
        account.numbers.add(number)
        if account.over:
            raise AssertionError("it is over")
        if payload["eventType"] == "Ended":
            account.over = bool(payload["transactionInfo"]["stoppedReason"])
        if "meterValue" in payload:
            self._measured(account, payload)
        return {"idTokenInfo": {"status": "Accepted"}} if "idToken" in payload else {}

    def _measured(self, account: Account, payload: dict[str, Any]) -> None:
        register = _first(payload)
        if register < account.end:
            self.faults.append("runs backwards")
        if payload["triggerReason"] == "MeterValuePeriodic":
            if account.sampled == payload["timestamp"]:
                self.faults.append("a sample dropped")
                return
            account.sampled = payload["timestamp"]
        account.end = register

    def on_StartTransaction(self, payload: dict[str, Any]) -> dict[str, Any]:
        self._time(payload["timestamp"])
        number = len(self.accounts) + 1
        self.accounts[str(number)] = Account(payload["meterStart"])
        return {"transactionId": number, "idTagInfo": {"status": self._status(payload["idTag"])}}

    def on_MeterValues(self, payload: dict[str, Any]) -> dict[str, Any]:
        self._time(payload["meterValue"][0]["timestamp"])
        value = payload["meterValue"][0]["sampledValue"][0]["value"]
        where = payload.get("evseId", payload.get("connectorId"))
        self.registers[where] = float(value)
        if 0 in self.registers:
            self.faults.append("counted twice")
        if "connectorId" in payload:
            assert isinstance(value, str)
            units = {sample["unit"] for sample in payload["meterValue"][0]["sampledValue"]}
            assert units <= {"Wh", "W", "A", "V", "Percent", "Celsius"}
        if "transactionId" in payload:
            account = self.accounts[str(payload["transactionId"])]
            assert not account.over
            account.end = float(value)
        return {}

    def on_StopTransaction(self, payload: dict[str, Any]) -> dict[str, Any]:
        account = self.accounts[str(payload["transactionId"])]
        account.over = bool(payload["reason"])
        if account.end == account.start:
            self.faults.append("no meter values")
        account.end = payload["meterStop"]
        if "transactionData" in payload:
            account.end = float(payload["transactionData"][0]["sampledValue"][0]["value"])
        return {"idTagInfo": {"status": self._status(payload["idTag"])}} if account.over else {}

    def on_NotifyReport(self, payload: dict[str, Any]) -> dict[str, Any]:
        for item in payload["reportData"]:
            key = (item["component"]["name"], item["variable"]["name"])
            if key in self.variables and "evse" not in item["component"] and "instance" not in item["variable"]:
                self.faults.append("variables lost")
            self.variables[key] = item["variableAttribute"][0].get("value", "")
        self.report_done = payload["tbc"] is False
        return {}

    def on_NotifyEvent(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _answered(self, action: str, answer: Any) -> None:
        if action == "GetVariables":
            assert answer["getVariableResult"][0]["attributeValue"] is not None

    # ---- ways of thinking ----

    def _status(self, token: str) -> str:
        return "Accepted" if token in self.tokens else "Invalid"

    def _time(self, text: str) -> str:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        assert at.year >= 2020
        return text


def _first(payload: dict[str, Any]) -> float:
    return float(payload["meterValue"][0]["sampledValue"][0]["value"])


class Inbox:
    """What comes over a line without a network."""

    def __init__(self) -> None:
        self.inbox = asyncio.Queue[bytes | None]()

    async def receive(self) -> bytes:
        frame = await self.inbox.get()
        if frame is None:
            raise LineClosed("")
        return frame

    async def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        self.inbox.put_nowait(None)

    def freeze(self, frozen: bool) -> None:
        """There is nothing to freeze."""

    def eat_pings(self, eaten: bool) -> None:
        """There are none."""


class _Line(Inbox):
    """To the naive CSMS."""

    def __init__(self, csms: Naive) -> None:
        super().__init__()
        self.csms = csms

    async def send(self, frame: bytes, *, parts: int = 1, binary: bool = False) -> None:
        answer = self.csms.hear(frame)
        if answer is not None:
            self.inbox.put_nowait(answer.encode())
