"""Uptime of connectors, and what does not count against it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ohmstead.shapes.common import Text255, Time

ExclusionCause = Literal["maintenance", "power_outage", "network_outage", "vandalism", "vehicle", "natural_event"]


class ExclusionNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time that does not count against a station, or one of its EVSEs."""

    begin: Time
    end: Time
    cause: ExclusionCause
    evse_id: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    text: Text255 | None = None


class Exclusion(Struct, frozen=True, kw_only=True):
    id: str
    station_id: str
    evse_id: int | None
    begin: datetime
    end: datetime
    cause: ExclusionCause
    text: str | None
    created_at: datetime


class ConnectorUptime(Struct, frozen=True, kw_only=True):
    """Seconds; `percent` = (known - (outage - excluded)) / known, null where nothing was known."""

    evse_id: int
    connector_id: int
    percent: float | None
    known_s: int
    """Since the first word about it, within the month."""
    offline_s: int
    faulted_s: int
    unavailable_s: int
    excluded_s: int
    """Of the three before, what lies in an exclusion."""


class StationUptime(Struct, frozen=True, kw_only=True):
    station_id: str
    month: str
    time_zone: str
    begins_at: datetime
    ends_at: datetime
    """Now, where the month is not over."""
    connectors: list[ConnectorUptime]
