"""A station that comes back with another version of OCPP, or would."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from ohmstead.shapes.common import Finding, OcppVersion


class SettingFate(Struct, frozen=True, kw_only=True):
    """A setting of the version before, and what becomes of it."""

    name: str
    """A word of the vocabulary; a variable or key of the station where there is none."""
    value: Any
    unit: str | None
    evse_id: int | None
    connector_id: int | None
    verdict: Literal["same", "carried", "lost"]
    """same: the station has it already. carried: it is written. lost: the reason says why."""
    reason: str | None
    now: Any
    """What it is in the new version before it is written."""


class UpgradeCheck(Struct, frozen=True, kw_only=True):
    """The dry run: what would become of a station that came back with another version."""

    station_id: str
    was: OcppVersion
    now: OcppVersion
    settings: list[SettingFate]
    transactions: list[str]
    """Those that are open, and would be closed as `inferred_ended`."""
    monitors: int
    """Monitors that would be gone."""
    notes: list[Finding]
    """What somebody must look after: credentials, the security profile."""


class VersionChange(Struct, frozen=True, kw_only=True):
    """A station came back with another version."""

    id: str
    station_id: str
    was: OcppVersion
    now: OcppVersion
    at: datetime
    state: Literal["open", "done", "given_up", "overtaken"]
    """open: its new model is not known yet. given_up: it never was. overtaken: the version changed again before."""
    transactions: list[str]
    """Those that were closed as `inferred_ended`."""
    settings: list[SettingFate] | None
    """Null as long as it is open."""
    command_id: str | None
    """The `set_variables` that carries the settings over; its results say how each went."""
    done_at: datetime | None
