"""Periodic event streams of 2.1."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class EventStream(Struct, frozen=True, kw_only=True):
    """A stream of values of one variable. `id` is Ohmstead's; the station uses its own, `stream_id`, again."""

    id: str
    stream_id: int
    monitor_id: int
    component: str | None
    """Null, like what follows it, where the monitor was never known."""
    component_instance: str | None
    evse_id: int | None
    connector_id: int | None
    variable: str | None
    variable_instance: str | None
    interval_s: int | None
    """It sends after so many seconds, or so many values."""
    values: int | None
    opened_at: datetime
    closed_at: datetime | None
    messages: int
    values_received: int
    pending: int
    """Values that waited at the station when it sent last."""
    last_at: datetime | None
    last_value: str | None


class StreamValue(Struct, frozen=True, kw_only=True):
    at: datetime
    value: str
