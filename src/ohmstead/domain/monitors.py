"""Monitors: what a station watches on its own, and what their events mean.

A monitor watches one variable; the station gives it its number, and may give it another one after a reboot
(N04.FR.19). An event tells a value; whether it is an alert too is decided here:

| trigger | |
|---|---|
| Alerting | an alert; `cleared` ends it (N07.FR.02) |
| Delta, Periodic of `Problem` or `Tripped` | an alert while it is true |
| Delta of a monitor that says `alert` (5) or worse | an alert that waits to be acknowledged: a change has no end |
| any other | a value |

Reports of monitors come in parts, as those of variables do (domain/reports.py), but each part is good for itself: it
names whole monitors. Only what is gone must wait for the last part.
"""

from __future__ import annotations

from itertools import islice
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ohmstead.domain.alerts import Cause
from ohmstead.domain.device_model import Name, plain

MonitorType = Literal[
    "UpperThreshold",
    "LowerThreshold",
    "Delta",
    "Periodic",
    "PeriodicClockAligned",
    "TargetDelta",
    "TargetDeltaRelative",
]
Kind = Literal["hard_wired", "preconfigured", "custom"]
Trigger = Literal["Alerting", "Delta", "Periodic"]

MOST = 10_000
"""Monitors of one station that are kept."""
MOST_PARTS = 5_000
MOST_MISSING = 1_000
UNSAID = 5
"""The severity (alert) of an Alerting event whose monitor we do not know."""
TELLING = 5
"""A change of this severity or worse is an alert."""
FAULTS = frozenset({"problem", "tripped"})
"""Variables that are true while something is wrong."""
STATES = frozenset({"availabilitystate"})
"""Variables whose changes are the daily life of a station."""


class Monitor(Struct, frozen=True, kw_only=True):
    """A monitor. `kind` is None where the station never said; 2.0.1 tells it in events only."""

    id: int
    name: Name
    type: str
    value: float
    severity: int
    kind: Kind | None = None
    transaction: bool = False
    """Only while a transaction goes on."""
    updated_at: int = 0


class Event(Struct, frozen=True, kw_only=True):
    """One event of a NotifyEvent."""

    id: int
    name: Name
    trigger: str
    value: str
    at: int
    kind: Kind | Literal["notification"]
    """`notification`: of the hardware itself, without a monitor."""
    monitor_id: int | None = None
    cleared: bool = False
    severity: int | None = None
    """2.1 says it; in 2.0.1 it is the monitor's."""
    transaction_id: str | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    cause: int | None = None


def subject(event: Event) -> str:
    """What an alert of this event is about."""
    where = "variable" if event.monitor_id is None else f"monitor/{event.monitor_id}"
    return f"{where}/{event.name}"


def ends(event: Event) -> bool:
    """Whether the event says that something is over."""
    return event.cleared or (_is_fault(event) and plain(event.value) in ("false", "0"))


def cause(event: Event, monitor: Monitor | None) -> Cause | None:
    """The alert that the event raises; None: it only tells a value, or that something is over."""
    if ends(event):
        return None
    told = event.severity if event.severity is not None else monitor.severity if monitor is not None else None
    fault, alerting = _is_fault(event), event.trigger == "Alerting"
    change = event.trigger == "Delta" and plain(event.name.variable) not in STATES
    if not (fault or alerting or (change and told is not None and told <= TELLING)):
        return None
    return Cause(
        subject=subject(event),
        source="monitor",
        code=f"{event.name.component}.{event.name.variable}",
        severity=UNSAID if told is None else told,
        text=_text(event, monitor),
        at=event.at,
        # a notification of the hardware need not be followed by one that clears it
        latched=not fault and (not alerting or event.kind == "notification"),
        detail=_detail(event, monitor),
    )


def _is_fault(event: Event) -> bool:
    return plain(event.name.variable) in FAULTS and event.trigger != "Alerting"


def _text(event: Event, monitor: Monitor | None) -> str:
    text = f"{event.name} is {event.value[:100]}"
    if monitor is not None:
        text += f" ({monitor.type} {monitor.value:g})"
    more = ": ".join(part for part in (event.tech_code, event.tech_info) if part)
    return f"{text}; {more}" if more else text


def _detail(event: Event, monitor: Monitor | None) -> dict[str, object]:
    found: dict[str, object] = {
        "monitor_id": event.monitor_id,
        **{field: getattr(event.name, field) for field in Name.__struct_fields__},
        "value": event.value,
        "trigger": event.trigger,
        "event_id": event.id,
        "cause": event.cause,
        "transaction_id": event.transaction_id,
        "tech_code": event.tech_code,
        "tech_info": event.tech_info,
    }
    if monitor is not None:
        found |= {"monitor_type": monitor.type, "monitor_value": monitor.value}
    return {name: value for name, value in found.items() if value is not None}


class Report(Struct, frozen=True, kw_only=True):
    """A report of monitors under way. `last` is the number of the part after which no other follows, once it came."""

    request_id: int
    full: bool
    """It names every monitor; else some."""
    asked_at: int
    last_at: int
    parts: tuple[int, ...] = ()
    last: int | None = None

    @property
    def complete(self) -> bool:
        return self.last is not None and not self.missing

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers of the parts that have not come, the first of them."""
        seen = set(self.parts)
        end = max(seen, default=-1) + 2 if self.last is None else self.last + 1
        return tuple(islice((number for number in range(end) if number not in seen), MOST_MISSING))


def received(report: Report, seq_no: int, more: bool, now: int) -> Report:
    """The report with one more part. Of a station that never says `more` each part looks like the last: then the
    highest one is."""
    last = report.last if more else max(seq_no, report.last or 0)
    parts = report.parts if seq_no in report.parts else tuple(sorted((*report.parts, seq_no)))
    return replace(report, parts=parts[:MOST_PARTS], last=last, last_at=now)
