"""Procedures: what a station does in the background and tells of status by status."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

ProcedureKind = Literal["firmware", "publish_firmware", "log", "customer_information", "display_messages"]
ProcedureState = Literal["asked", "running", "done", "failed", "cancelled"]


class ProcedureStep(Struct, frozen=True, kw_only=True):
    """A status as the station said it, or `boot`; the time is ours."""

    status: str
    at: datetime
    info: str | None


class Procedure(Struct, frozen=True, kw_only=True):
    """An update of firmware, the upload of a log, a report on a customer: asked for once, told of in steps."""

    id: str
    station_id: str
    kind: ProcedureKind
    request_id: int | None
    """The number on the wire; null in OCPP 1.6, which has none."""
    command_id: str | None
    """Null where the station told of something that Ohmstead did not ask for."""
    state: ProcedureState
    status: str
    """The station's last word."""
    reason: str | None
    asked: dict[str, Any]
    told: dict[str, Any]
    """What came besides the statuses: `file_id` of an upload, `locations` of published firmware, `result` of a
    report."""
    steps: list[ProcedureStep]
    asked_at: datetime
    updated_at: datetime
