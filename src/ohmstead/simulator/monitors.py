"""What a 2.x station watches on its own: monitors that fire, and in 2.1 streams of their values.

Monitors outlive reboots and keep their numbers. Each is looked at whenever time goes by; what it finds goes out as
NotifyEvent, or into its stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ohmstead.runtime import rfc3339
from ohmstead.simulator.conversation import Refusal
from ohmstead.simulator.device_reports import find, matches, place_words
from ohmstead.simulator.outbox import Message, Words
from ohmstead.simulator.streams import Stream, Streams
from ohmstead.simulator.variables import Variable

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

_SECOND = 1_000_000
_THRESHOLDS = ("UpperThreshold", "LowerThreshold")
_TYPES = (*_THRESHOLDS, "Delta", "Periodic", "PeriodicClockAligned")
_CRITERIA = {
    "ThresholdMonitoring": _THRESHOLDS,
    "DeltaMonitoring": ("Delta",),
    "PeriodicMonitoring": ("Periodic", "PeriodicClockAligned"),
}
_NUMBERS = ("integer", "decimal")


@dataclass
class Monitor:
    """One monitor, and what it remembers of its variable."""

    id: int
    variable: Variable
    type: str
    value: float
    severity: int
    transaction: bool
    seen: str
    """The value it told last, or began with."""
    seen_at: int
    over: bool = False
    """Its threshold is crossed."""
    stream: Stream | None = None

    @property
    def same(self) -> tuple[int, str, int]:
        """Of these there is one only (N04.FR.10)."""
        return id(self.variable), self.type, self.severity


class Monitoring:
    """The monitors of one station. `look` after each step of time."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._monitors: dict[int, Monitor] = {}
        self._ids = self._events = 0
        self.streams = Streams(controller)

    @property
    def active(self) -> bool:
        """Something is watched: time must go by in small steps."""
        return bool(self._monitors)

    # ---- the CSMS calls ----

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        return {
            "SetVariableMonitoring": self._set,
            "ClearVariableMonitoring": self._clear,
            "SetMonitoringBase": self._set_base,
            "SetMonitoringLevel": self._set_level,
            "GetMonitoringReport": self._report,
            "AdjustPeriodicEventStream": self.streams.adjust,
            "GetPeriodicEventStream": self.streams.listed,
        }

    def _check(self, action: str, items: list[object]) -> None:
        if len(items) > self._controller.variables.number(f"MonitoringCtrlr.ItemsPerMessage[{action}]"):
            raise Refusal("OccurrenceConstraintViolation", "More items than ItemsPerMessage allows.")

    def _set(self, words: Words) -> Words:
        asked = words["setMonitoringData"]
        self._check("SetVariableMonitoring", asked)
        return {"setMonitoringResult": [self._set_one(item) for item in asked]}

    def _set_one(self, item: Words) -> Words:
        result = {name: item[name] for name in ("type", "severity", "component", "variable")}
        variable, status = find(self._controller, item)
        if variable is not None:
            status = self._objection(variable, item)
        if status or variable is None:
            return result | {"status": status}
        if (id := item.get("id")) is None:
            self._ids += 1
            id = self._ids
        elif (old := self._monitors[id].stream) is not None:
            self.streams.close(old)
        made = Monitor(
            id, variable, item["type"], item["value"], item["severity"], item.get("transaction", False),
            variable.read(), self._controller.now,
        )  # fmt: skip
        self._monitors[id] = made
        if (params := item.get("periodicEventStream")) is not None:
            made.stream = self.streams.make(id, params)
        return result | {"status": "Accepted", "id": id}

    def _objection(self, variable: Variable, item: Words) -> str:
        """Why this monitor cannot be; empty when it can."""
        if item["type"] not in _TYPES or (item["type"] in _THRESHOLDS and variable.kind not in _NUMBERS):
            return "UnsupportedMonitorType"
        if "id" in item and item["id"] not in self._monitors:
            return "Rejected"
        same = (id(variable), item["type"], item["severity"])
        if any(one.same == same and one.id != item.get("id") for one in self._monitors.values()):
            return "Duplicate"
        return ""

    def _clear(self, words: Words) -> Words:
        self._check("ClearVariableMonitoring", words["id"])
        return {"clearMonitoringResult": [{"id": id, "status": self._forget(id)} for id in words["id"]]}

    def _forget(self, id: int) -> str:
        monitor = self._monitors.pop(id, None)
        if monitor is None:
            return "NotFound"
        if monitor.stream is not None:
            self.streams.close(monitor.stream)
        return "Accepted"

    def _set_base(self, words: Words) -> Words:
        if words["monitoringBase"] != "All":  # there are none but custom ones
            for id in list(self._monitors):
                self._forget(id)
        self._controller.variables["MonitoringCtrlr.ActiveMonitoringBase"].value = words["monitoringBase"]
        return {"status": "Accepted"}

    def _set_level(self, words: Words) -> Words:
        if words["severity"] > 9:
            return {"status": "Rejected"}
        self._controller.variables["MonitoringCtrlr.ActiveMonitoringLevel"].value = str(words["severity"])
        return {"status": "Accepted"}

    def _report(self, words: Words) -> Words:
        types = [kind for criterion in words.get("monitoringCriteria", ()) for kind in _CRITERIA[criterion]]
        places = words.get("componentVariable", ())
        found = [
            one
            for one in self._monitors.values()
            if (not types or one.type in types) and (not places or any(matches(one.variable, item) for item in places))
        ]
        if not found:
            return {"status": "EmptyResultSet"}
        self._controller.after(lambda: self._tell_all(words["requestId"], found))
        return {"status": "Accepted"}

    def _tell_all(self, request_id: int, found: list[Monitor]) -> None:
        """Queue the parts: seqNo from 0, tbc true on all but the last."""
        groups: dict[int, list[Monitor]] = {}
        for one in found:
            groups.setdefault(id(one.variable), []).append(one)
        named = [
            {**place_words(group[0].variable), "variableMonitoring": [self._words(one) for one in group]}
            for group in groups.values()
        ]
        size = self._controller.traits.device.part
        for seq_no, begin in enumerate(range(0, len(named), size)):
            words: Words = {
                "requestId": request_id,
                "generatedAt": rfc3339(self._controller.clock),
                "seqNo": seq_no,
                "tbc": begin + size < len(named),
                "monitor": named[begin : begin + size],
            }
            self._put("NotifyMonitoringReport", words)

    def _words(self, one: Monitor) -> Words:
        words: Words = {
            "id": one.id, "transaction": one.transaction, "value": one.value, "type": one.type,
            "severity": one.severity,
        }  # fmt: skip
        return words | {"eventNotificationType": "CustomMonitor"} if self._is_21 else words

    # ---- watching ----

    @property
    def _is_21(self) -> bool:
        return self._controller.version.name == "2.1"

    def booted(self) -> None:
        """After a boot what is wrong is told again, and streams are opened again."""
        for one in self._monitors.values():
            one.over = False
            if one.stream is not None:
                self.streams.open(one.stream)

    def look(self) -> None:
        """Time went by: what is there to tell?"""
        level = self._controller.variables.number("MonitoringCtrlr.ActiveMonitoringLevel") if self._monitors else 0
        told = [
            event
            for one in self._monitors.values()
            if one.severity <= level and self._watches(one)
            for event in self._events_of(one)
        ]
        if told:
            words = {"generatedAt": rfc3339(self._controller.clock), "seqNo": 0, "eventData": told}
            self._put("NotifyEvent", words)
        self.streams.flush()

    def _watches(self, one: Monitor) -> bool:
        sessions = self._controller.sessions.values()
        near = [session for session in sessions if one.variable.evse_id in (None, session.evse.id)]
        return not one.transaction or any(session.transaction is not None for session in near)

    def _events_of(self, one: Monitor) -> Iterable[Words]:
        value, now = one.variable.read(), self._controller.now
        if one.type in _THRESHOLDS:
            number = _number(value)
            over = number > one.value if one.type == "UpperThreshold" else number < one.value
            if over == one.over:
                return ()
            one.over = over
            return self._tell(one, "Alerting", value, cleared=not over)
        if one.type == "Delta":
            far = abs(_number(value) - _number(one.seen)) >= one.value if one.variable.kind in _NUMBERS else True
            return self._tell(one, "Delta", value) if value != one.seen and far else ()
        every = max(1, int(one.value * _SECOND))
        aligned = one.type == "PeriodicClockAligned"
        due = now // every > one.seen_at // every if aligned else now - one.seen_at >= every
        return self._tell(one, "Periodic", value) if due else ()

    def _tell(self, one: Monitor, trigger: str, value: str, *, cleared: bool = False) -> Iterable[Words]:
        """The event; none if it went into a stream."""
        one.seen, one.seen_at = value, self._controller.now
        if one.stream is not None and one.stream.is_open:
            one.stream.values.append((self._controller.clock, value))
            return
        self._events += 1
        words: Words = {
            "eventId": self._events,
            "timestamp": rfc3339(self._controller.clock),
            "trigger": trigger,
            "actualValue": value,
            "eventNotificationType": "CustomMonitor",
            "variableMonitoringId": one.id,
            **place_words(one.variable),
        }
        if self._is_21:
            words["severity"] = one.severity
        yield words | {"cleared": True} if cleared else words

    def _put(self, action: str, words: Words) -> None:
        self._controller.put(Message(action, lambda _: words))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
