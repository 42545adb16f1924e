"""What happened at one station, of every kind, in one order."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

TimelineKind = Literal["message", "status", "command", "alert", "finding", "refusal"]


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """One thing; `data` is what the API shows of it by itself: a message, command, alert, finding or refusal. A status
    is the message that told it (StatusNotification, NotifyEvent, BootNotification)."""

    at: datetime
    """By Ohmstead's clock; of alerts that of the station. A finding stands where it was last seen."""
    kind: TimelineKind
    text: str
    data: Any
