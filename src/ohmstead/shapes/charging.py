"""Charging profiles, composite schedules and external limits, as the API shows and takes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from ohmstead.shapes.common import Time

Rate = Annotated[float, Meta(ge=0, le=1e9)]
Signed = Annotated[float, Meta(ge=-1e9, le=1e9)]
Discharge = Annotated[float, Meta(ge=-1e9, le=0)]
Seconds = Annotated[int, Meta(ge=0, le=2**31 - 1)]
OfOperator = Literal[
    "ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile", "PriorityCharging", "LocalGeneration"
]
"""The purposes that a CSMS may set: never ChargingStationExternalConstraints (K01.FR.22)."""
Purpose = Literal[OfOperator, "ChargingStationExternalConstraints"]
OperationMode = Literal[
    "Idle", "ChargingOnly", "CentralSetpoint", "ExternalSetpoint", "ExternalLimits", "CentralFrequency",
    "LocalFrequency", "LocalLoadBalancing",
]  # fmt: skip


class Period(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`limit` in the schedule's unit from `start_s` seconds on; A are per phase. What follows it is of OCPP 2.1."""

    start_s: Seconds
    limit: Rate | None = None
    number_phases: Annotated[int, Meta(ge=1, le=3)] | None = None
    phase_to_use: Annotated[int, Meta(ge=1, le=3)] | None = None
    limit_l2: Rate | None = None
    limit_l3: Rate | None = None
    operation_mode: OperationMode | None = None
    discharge_limit: Discharge | None = None
    setpoint: Signed | None = None
    baseline: Signed | None = None
    frequency_curve: Annotated[list[tuple[float, float]], Meta(max_length=20)] = []
    """[Hz, W]"""
    signal_curve: Annotated[list[tuple[int, float]], Meta(max_length=20)] = []
    """[signal, W]"""


class Schedule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    unit: Literal["A", "W"]
    periods: Annotated[list[Period], Meta(min_length=1, max_length=1024)]
    start_schedule: Time | None = None
    duration_s: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    min_charging_rate: Rate | None = None


class ProfileNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A charging profile. Without `id` that of the profile it takes the place of is used again, or a new one."""

    id: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    purpose: OfOperator = "TxProfile"
    kind: Literal["Absolute", "Recurring", "Relative", "Dynamic"] = "Absolute"
    stack_level: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    schedules: Annotated[list[Schedule], Meta(min_length=1, max_length=3)]
    recurrency_kind: Literal["Daily", "Weekly"] | None = None
    valid_from: Time | None = None
    valid_to: Time | None = None
    transaction_id: Annotated[str, Meta(min_length=1, max_length=36)] | None = None
    max_offline_duration_s: Seconds | None = None
    invalid_after_offline_duration: bool | None = None
    dyn_update_interval_s: Seconds | None = None


class ChargingProfile(Struct, frozen=True, kw_only=True):
    """A profile that a station has, as far as we know: `installed`, or `asked` while nobody knows whether it took it.

    `source` is `CSO` for what we set; `EMS`, `SO`, `Other` for what it has from others.
    """

    id: int
    evse_id: int
    purpose: Purpose
    kind: str
    stack_level: int
    schedules: list[Schedule]
    recurrency_kind: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    transaction_id: str | None
    source: str
    state: Literal["installed", "asked"]
    updated_at: datetime


class ExternalLimit(Struct, frozen=True, kw_only=True):
    """A limit that somebody else gave the station (NotifyChargingLimit); without schedules it only says that it is."""

    evse_id: int | None
    source: str
    grid_critical: bool | None
    schedules: list[Schedule]
    since: datetime


class ChargingProfiles(Struct, frozen=True, kw_only=True):
    data: list[ChargingProfile]
    next_cursor: str | None = None
    external_limits: list[ExternalLimit]


class DerControl(Struct, frozen=True, kw_only=True):
    """A control of a 2.1 station for the grid. `settings` is written as the specification writes it; `superseded`:
    another is in force in its place; `started` null: the station did not say whether it began."""

    control_id: str
    control_type: str
    is_default: bool | None
    superseded: bool
    started: bool | None
    source: Literal["set", "reported"]
    settings: dict[str, Any]
    updated_at: datetime


class DerControls(Struct, frozen=True, kw_only=True):
    data: list[DerControl]
    next_cursor: str | None = None


class CompositeStep(Struct, frozen=True, kw_only=True):
    """`limit` null: nothing limits it; `purpose` is that of the profile that binds."""

    start_s: int
    limit: float | None
    purpose: str | None = None


class CompositeSchedule(Struct, frozen=True, kw_only=True):
    """What the known profiles come to by our own count, and, where it was asked, by the station's."""

    station_id: str
    evse_id: int
    unit: Literal["A", "W"]
    start: datetime
    duration_s: int
    periods: list[CompositeStep]
    station: list[CompositeStep] | None = None
    """What the station answered; null: it was not asked, or gave none."""
    station_status: str
    differences: list[str]


class ChargingProfilePut(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`PUT /stations/{id}/charging-profiles`: a whole profile, or `limit_a` (per phase) or `limit_w` from now on."""

    evse_id: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    profile: ProfileNew | None = None
    limit_a: Rate | None = None
    limit_w: Rate | None = None
    purpose: OfOperator = "TxProfile"
    duration_s: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
