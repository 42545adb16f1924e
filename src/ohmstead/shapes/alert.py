"""Alerts: what a person should look at."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from ohmstead.shapes.station import Station

AlertState = Literal["firing", "resolved"]
AlertSource = Literal["security_event", "monitor", "csms"]


class Alert(Struct, frozen=True, kw_only=True):
    """Something a station, or Ohmstead itself, found wrong; one is open for a station and a subject."""

    id: str
    station_id: str
    subject: str
    """What it is about; the same again is counted."""
    source: AlertSource
    code: str
    severity: int
    """0 (danger) to 9 (debug), as OCPP's monitors have it."""
    severity_name: str
    state: AlertState
    text: str
    detail: dict[str, Any]
    count: int
    first_at: datetime
    """By the station's clock, like `last_at`."""
    last_at: datetime
    needs_acknowledgement: bool
    """Nothing on the wire will end it: acknowledging does."""
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    resolved_by: Literal["station", "operator", "monitor_removed", "csms", "time"] | None
    station: Station | UnsetType | None = UNSET
    """With `expand=station`; null: it is archived."""
