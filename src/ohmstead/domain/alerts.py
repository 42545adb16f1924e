"""Alerts: what a person should look at.

An alert is open (`firing`) until what it tells of is over. There is one open alert for a station and a subject: what is
said again is counted, not doubled. Some alerts tell of a moment, and nothing on the wire will ever say that it is over
(a security event): those are `latched`, and end when somebody acknowledges them.

    nothing -- raised --> firing -- raised --> firing, counted
                             |-- cleared --> resolved
                             |-- acknowledged --> firing, acknowledged; a latched one: resolved
                             |-- a day goes by --> resolved, if it is latched and no more than a notice
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

Source = Literal["security_event", "monitor", "csms"]
State = Literal["firing", "resolved"]
Over = Literal["station", "operator", "monitor_removed", "csms", "time"]
"""By what an alert ended: the station said so, somebody acknowledged it, its monitor is gone, we found out, or it only
told of a moment that is long over."""

SEVERITIES = (
    "danger",
    "hardware_failure",
    "system_failure",
    "critical",
    "error",
    "alert",
    "warning",
    "notice",
    "informational",
    "debug",
)
"""The severities of monitors by their number, the worst first (2.0.1 part 2, SetMonitoringLevel)."""
FADES = 7
"""A latched alert of this severity (notice), or of less, ends by itself."""
FADES_AFTER = 86_400_000_000
"""Microseconds after it was said last."""
MOST_OPEN = 200
"""Open alerts of one station; what comes on top of them is one alert together."""
OVERFLOW = "too_many_alerts"


class Cause(Struct, frozen=True, kw_only=True):
    """Something that raises an alert. `subject` is what it is about: the same cause has the same subject."""

    subject: str
    source: Source
    code: str
    severity: int
    text: str
    at: int
    """When it happened, by the station's clock; microseconds."""
    latched: bool = False
    detail: dict[str, Any] = {}


class Alert(Struct, frozen=True, kw_only=True):
    """An alert; times in microseconds."""

    id: int
    subject: str
    source: Source
    code: str
    severity: int
    text: str
    detail: dict[str, Any]
    latched: bool
    count: int
    first_at: int
    last_at: int
    state: State = "firing"
    resolved_at: int | None = None
    resolved_by: Over | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None


class Raised(NamedTuple):
    """`told`: it is news, because it is new or worse than before."""

    alert: Alert
    told: bool


def severity_name(severity: int) -> str:
    """A severity in words; what the specification does not name is the last one."""
    return SEVERITIES[min(max(severity, 0), len(SEVERITIES) - 1)]


def bounded(open: Mapping[str, Alert], cause: Cause) -> Cause:
    """The cause, or what stands for it where the station has more open alerts than anybody reads."""
    if cause.subject in open or len(open) < MOST_OPEN:
        return cause
    text = f"More than {MOST_OPEN} alerts are open; the others are counted here. The latest: {cause.code}."
    return Cause(subject=OVERFLOW, source="csms", code=OVERFLOW, severity=cause.severity, text=text, at=cause.at,
                 latched=True)  # fmt: skip


def raised(before: Alert | None, cause: Cause, id: int, now: int) -> Raised:
    """The alert after its cause; `id` is for a new one. A time of the future is ours instead."""
    at = min(cause.at, now)
    if before is None:
        return Raised(
            Alert(
                id=id,
                subject=cause.subject,
                source=cause.source,
                code=cause.code,
                severity=cause.severity,
                text=cause.text,
                detail=cause.detail,
                latched=cause.latched,
                count=1,
                first_at=at,
                last_at=at,
            ),
            True,
        )
    worse = cause.severity < before.severity
    after = replace(
        before,
        severity=min(cause.severity, before.severity),
        count=before.count + 1,
        first_at=min(at, before.first_at),
        last_at=max(at, before.last_at),
    )
    if at >= before.last_at:
        after = replace(after, text=cause.text, detail=cause.detail)
    if worse:  # what was acknowledged was less
        after = replace(after, acknowledged_at=None, acknowledged_by=None)
    return Raised(after, worse)


def cleared(alert: Alert, now: int, by: Over) -> Alert:
    """It is over."""
    return replace(alert, state="resolved", resolved_at=now, resolved_by=by)


def acknowledged(alert: Alert, now: int, by: str) -> Alert:
    """Somebody has seen it; who was first stays."""
    if alert.acknowledged_at is None:
        alert = replace(alert, acknowledged_at=now, acknowledged_by=by)
    return cleared(alert, now, "operator") if alert.latched and alert.state == "firing" else alert
