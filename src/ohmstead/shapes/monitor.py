"""Monitors: what a station watches on its own."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from ohmstead.shapes.device_model import ReportView


class Monitor(Struct, frozen=True, kw_only=True):
    """A monitor, under the number that the station gave it."""

    id: int
    component: str
    component_instance: str | None
    evse_id: int | None
    connector_id: int | None
    variable: str
    variable_instance: str | None
    type: str
    """UpperThreshold, LowerThreshold, Delta, Periodic or PeriodicClockAligned; in 2.1 also TargetDelta(Relative)."""
    value: float
    severity: int
    severity_name: str
    kind: Literal["hard_wired", "preconfigured", "custom"] | None
    """Null where the station never said; 2.0.1 does so in events only."""
    transaction: bool
    """Only while a transaction goes on."""
    updated_at: datetime
    """When the station told of it last."""


class Monitors(Struct, frozen=True, kw_only=True):
    """A page of a station's monitors, and how its monitoring is set; null: not by Ohmstead."""

    data: list[Monitor]
    next_cursor: str | None
    base: Literal["all", "factory_default", "hard_wired_only"] | None
    level: int | None
    """Events of this severity or worse are told."""
    report: ReportView
    """The last full report of monitors."""
