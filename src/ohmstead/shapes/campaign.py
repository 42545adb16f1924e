"""Campaigns: one thing done to many stations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from ohmstead.shapes.common import OcppVersion, Registration, SecurityProfile, SiteId, StationStatus, Time
from ohmstead.shapes.site import TimeZone
from ohmstead.shapes.tariff import Clock

CampaignType = Literal[
    "renew_certificates", "firmware", "configuration", "local_list", "base_report", "security_profile",
    "root_rollover", "version_change", "csms_migration", "command",
]  # fmt: skip
CampaignState = Literal["running", "paused", "stopped", "done", "cancelled"]
CampaignStationState = Literal["waiting", "running", "done", "failed", "skipped"]
Text255 = Annotated[str, Meta(min_length=1, max_length=255)]


class Selection(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The filters of `GET /stations`; the stations that meet them all when the campaign begins, and no others later."""

    q: Annotated[str, Meta(max_length=100)] | None = None
    status: list[StationStatus] = []
    online: bool | None = None
    site_id: SiteId | None = None
    vendor: Text255 | None = None
    model: Text255 | None = None
    firmware_version: Text255 | None = None
    ocpp_version: OcppVersion | None = None
    registration: Registration | None = None
    security_profile: SecurityProfile | None = None
    certificate_expires_before: Time | None = None
    value: list[Annotated[str, Meta(min_length=1, max_length=200)]] = []
    station_ids: Annotated[list[str], Meta(min_length=1, max_length=10_000)] | None = None
    """Of those only these."""


class WavePart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    percent: Annotated[float, Meta(gt=0, le=100)]
    """Of all stations, this wave and those before it together."""


class Window(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of each day in which stations are begun; it may go over midnight."""

    from_time: Clock
    to_time: Clock
    time_zone: TimeZone = "UTC"


class CampaignNew(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    type: CampaignType
    select: Selection
    waves: Annotated[list[WavePart], Meta(min_length=1, max_length=20)] | None = None
    """Rising percentages: the first one is the canary. Null: all in one."""
    per_minute: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    per_site_and_hour: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    """Stations of one site that are begun within an hour; those of no site are not counted."""
    max_in_flight: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    stop_at_failures_percent: Annotated[float, Meta(ge=0, le=100)] | None = None
    window: Window | None = None
    attempts: Annotated[int, Meta(ge=1, le=10)] = 2
    """For stations that do not answer; a refusal is not tried again."""
    params: dict[str, Any] = {}
    """The fields of the command that each station gets; for `command` the whole command."""
    rollback: dict[str, Any] | None = None
    """Of a campaign of firmware: the fields of the update that leads back (`POST /campaigns/{id}/rollback`)."""


class CampaignCounts(Struct, frozen=True, kw_only=True):
    total: int
    waiting: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0


class CampaignWave(Struct, frozen=True, kw_only=True):
    percent: float
    """Of all stations, this wave and those before it together."""
    counts: CampaignCounts


class Campaign(Struct, frozen=True, kw_only=True):
    id: str
    type: CampaignType
    state: CampaignState
    reason: str | None
    """Why it stopped, or why nothing begins at this moment."""
    wave: int
    """The one that is under way, from 1 on."""
    waves: int
    counts: CampaignCounts
    progress: list[CampaignWave]
    """Of each wave, from the first on."""
    per_minute: int | None
    per_site_and_hour: int | None
    max_in_flight: int | None
    stop_at_failures_percent: float | None
    window: Window | None
    attempts: int
    select: Selection
    params: dict[str, Any]
    rollback: dict[str, Any] | None
    created_at: datetime
    ended_at: datetime | None


class CampaignStation(Struct, frozen=True, kw_only=True):
    station_id: str
    wave: int
    state: CampaignStationState
    reason: str | None
    attempts: int
    command_id: str | None
    begun_at: datetime | None
    ended_at: datetime | None
