"""What a station does for the grid by itself (R, 2.1): its DER controls, scheduled and default ones, and alarms.

Of each type the control with the lowest priority number holds: of scheduled ones that run, else of default ones. What
they say is kept, reported and held against the clock; power is bounded by LimitMaxDischarge alone, and is off while an
alarm stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ohmstead.runtime import rfc3339
from ohmstead.simulator.outbox import Message, Words
from ohmstead.simulator.profiles import moment

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller
    from ohmstead.simulator.session import Session

TYPES = (
    "EnterService", "FreqDroop", "FreqWatt", "FixedPFAbsorb", "FixedPFInject", "FixedVar", "Gradients", "HFMustTrip",
    "HFMayTrip", "HVMustTrip", "HVMomCess", "HVMayTrip", "LimitMaxDischarge", "LFMustTrip", "LVMustTrip", "LVMomCess",
    "LVMayTrip", "PowerMonitoringMustTrip", "VoltVar", "VoltWatt", "WattPF", "WattVar",
)  # fmt: skip
_FIELDS = {
    "EnterService": "enterService",
    "FreqDroop": "freqDroop",
    "FixedPFAbsorb": "fixedPFAbsorb",
    "FixedPFInject": "fixedPFInject",
    "FixedVar": "fixedVar",
    "Gradients": "gradient",
    "LimitMaxDischarge": "limitMaxDischarge",
}
"""Type -> the field of its settings; all others are curves."""
_INNER = {"fixedPFAbsorb": "fixedPF", "fixedPFInject": "fixedPF"}
"""Field of a report -> the member with the settings, where it is called otherwise."""
_ONLY_DEFAULT = ("EnterService", "Gradients")
"""Their reports do not say whether they are default ones."""
_PART = 5
"""Controls in one part of a report."""
_SECOND = 1_000_000


@dataclass
class Control:
    """One control; `start` and `end` in microseconds UTC, None for default ones. `running` was told."""

    id: str
    type: str
    is_default: bool
    settings: Words
    start: int | None = None
    end: int | None = None
    running: bool = False

    @property
    def field(self) -> str:
        """The field of its settings in SetDERControl and in reports."""
        return _FIELDS.get(self.type, "curve")

    @property
    def rank(self) -> tuple[bool, int]:
        """The lowest holds."""
        return self.is_default, self.settings["priority"]


class Der:
    """The controls of one station."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._controls: dict[str, Control] = {}
        self.alarms: set[str] = set()
        """Types of control that answer a fault of the grid now."""

    @property
    def scheduled(self) -> bool:
        """Some control begins or ends by the clock."""
        return any(one.start is not None for one in self._controls.values())

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The calls that are answered here."""
        return {"SetDERControl": self.set, "GetDERControl": self.get, "ClearDERControl": self.clear}

    def set(self, words: Words) -> Words:
        """Take a control, in the place of the one with its id (R04)."""
        type, default = words["controlType"], words["isDefault"]
        if type not in self._controller.variables.chosen("DCDERCtrlr.ModesSupported"):
            return {"status": "NotSupported"}
        field = _FIELDS.get(type, "curve")
        settings = words.get(field)
        others = {*_FIELDS.values(), "curve"} - {field}
        if settings is None or others & words.keys() or (default and "startTime" in settings):
            return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidValue"}}
        if not default and type in _ONLY_DEFAULT:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedParam"}}
        one = Control(words["controlId"], type, default, settings)
        if not default:
            one.start = moment(settings["startTime"]) if "startTime" in settings else self._controller.clock
            one.end = one.start + int(settings["duration"] * _SECOND) if "duration" in settings else None
        self._controls[one.id] = one
        below = self._superseded_by(one) if default else []
        return {"status": "Accepted", **({"supersededIds": below} if below else {})}

    def get(self, words: Words) -> Words:
        """Report those that are asked for, in parts."""
        chosen = self._chosen(words)
        if not chosen:
            return {"status": "NotFound"}
        self._controller.after(lambda: self._report(words["requestId"], chosen))
        return {"status": "Accepted"}

    def clear(self, words: Words) -> Words:
        """Take out default or scheduled ones: all, those of a type, or one."""
        chosen = self._chosen(words)
        for one in chosen:
            self._controller.after(lambda one=one: self._remove(one))  # type: ignore[misc]
        return {"status": "Accepted" if chosen else "NotFound"}

    def _chosen(self, words: Words) -> list[Control]:
        return [
            one
            for one in self._controls.values()
            if words.get("isDefault") in (None, one.is_default)
            and words.get("controlType") in (None, one.type)
            and words.get("controlId") in (None, one.id)
        ]

    # ---- which one holds ----

    def holding(self, type: str) -> Control | None:
        """The control of this type that holds now."""
        able = [one for one in self._controls.values() if one.type == type and (one.is_default or one.running)]
        return min(reversed(able), key=lambda one: one.rank, default=None)

    def _superseded_by(self, one: Control) -> list[str]:
        """The others of its type that hold no more because it does."""
        if self.holding(one.type) is not one:
            return []
        able = (two for two in self._controls.values() if two.type == one.type and (two.is_default or two.running))
        return [two.id for two in able if two is not one]

    def discharge_w(self, session: Session) -> float:
        """The most that may flow back at an EVSE."""
        one = self.holding("LimitMaxDischarge")
        percent = 100.0 if one is None else one.settings.get("pctMaxDischargePower", 100.0)
        return session.evse.rating_w * float(percent) / 100

    # ---- time ----

    def step(self) -> None:
        """Begin and end scheduled ones, and tell."""
        now = self._controller.clock
        for one in list(self._controls.values()):
            if one.start is not None and not one.running and now >= one.start:
                one.running = True
                self._tell_run(one, self._superseded_by(one))
            if one.end is not None and now >= one.end:
                self._remove(one)

    def _remove(self, one: Control) -> None:
        if self._controls.get(one.id) is one:
            del self._controls[one.id]
            if one.running:
                self._tell_run(one, [])

    def _tell_run(self, one: Control, superseded: list[str]) -> None:
        here = one.id in self._controls
        words: Words = {"controlId": one.id, "started": here, "timestamp": rfc3339(self._controller.clock)}
        if superseded:
            words["supersededIds"] = superseded
        self._controller.say(f"DER control {one.id} ({one.type}) {'begins' if here else 'ends'}")
        self._controller.put(Message("NotifyDERStartStop", lambda _: words))

    # ---- telling ----

    def alarm(self, type: str, fault: str | None = None, *, ended: bool = False) -> None:
        """The grid has a fault that controls of this type answer, or has it no more (R05): power is off meanwhile."""
        if ended:
            self.alarms.discard(type)
        else:
            self.alarms.add(type)
        words: Words = {"controlType": type, "timestamp": rfc3339(self._controller.clock)}
        if fault is not None:
            words["gridEventFault"] = fault
        if ended:
            words["alarmEnded"] = True
        self._controller.put(Message("NotifyDERAlarm", lambda _: words))

    def _report(self, request_id: int, chosen: list[Control]) -> None:
        parts = [chosen[start : start + _PART] for start in range(0, len(chosen), _PART)]
        for number, part in enumerate(parts, 1):
            words: Words = {"requestId": request_id, "tbc": number < len(parts)}
            for one in part:
                words.setdefault(one.field, []).append(self._shown(one))
            self._controller.put(Message("ReportDERControl", lambda _, words=words: words))  # type: ignore[misc]

    def _shown(self, one: Control) -> Words:
        shown: Words = {"id": one.id, _INNER.get(one.field, one.field): one.settings}
        if one.type in _ONLY_DEFAULT:
            return shown
        able = one.is_default or one.running
        shown |= {"isDefault": one.is_default, "isSuperseded": able and self.holding(one.type) is not one}
        return {**shown, "curveType": one.type} if one.field == "curve" else shown
