"""Desired state: what operators declare of their stations, and how far it is true."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from ohmstead.shapes.charging import ProfileNew
from ohmstead.shapes.common import SecurityProfile, SiteId, Text255
from ohmstead.shapes.device_model import Number, Text50, WordChange
from ohmstead.shapes.display_message import MessageFormat

LayerId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_\-]{1,60}(?!\n)$")]
StationState = Literal["undeclared", "unknown", "in_step", "working", "waiting", "held", "offline"]


class DesiredFirmware(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The version that a station should run, and where it is fetched: a file of ours or a URL. Without either a station
    with another version is only named."""

    version: Annotated[str, Meta(min_length=1, max_length=50)]
    file_id: str | None = None
    location: str | None = None
    signed: bool | None = None
    """False: it is sent without a signature."""


class DesiredRoots(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The roots of one kind that a station should trust."""

    certificate_type: Literal[
        "V2GRootCertificate",
        "MORootCertificate",
        "CSMSRootCertificate",
        "ManufacturerRootCertificate",
        "OEMRootCertificate",
    ] = "CSMSRootCertificate"
    roots: Annotated[list[Annotated[str, Meta(min_length=1, max_length=20_000)]], Meta(min_length=1, max_length=10)]
    """PEM, one certificate each."""
    remove_others: bool = False
    """Whether all others of the kind are deleted, once the station says that it holds all of these."""


class DesiredText(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A text in one language; `language` as RFC 5646 has it."""

    text: Annotated[str, Meta(max_length=1024)]
    format: MessageFormat = "UTF8"
    language: Annotated[str, Meta(max_length=8)] | None = None


class DesiredMessage(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A message that a station should show under this number."""

    id: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    texts: Annotated[list[DesiredText], Meta(min_length=1, max_length=5)]
    priority: Literal["AlwaysFront", "InFront", "NormalCycle"] = "NormalCycle"
    state: Literal["Charging", "Faulted", "Idle", "Unavailable", "Suspended", "Discharging"] | None = None
    """When it is shown; null: always."""
    evse_id: Annotated[int, Meta(ge=1)] | None = None
    """Whose display; null: the main one."""


class DesiredMonitor(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A monitor that a station should have. Variable, type and severity tell it from others; `value` is the threshold,
    the change, or of periodic ones the seconds."""

    component: Text50
    component_instance: Text50 | None = None
    evse_id: Number | None = None
    connector_id: Number | None = None
    variable: Text50
    variable_instance: Text50 | None = None
    type: Literal[
        "UpperThreshold",
        "LowerThreshold",
        "Delta",
        "Periodic",
        "PeriodicClockAligned",
        "TargetDelta",
        "TargetDeltaRelative",
    ]
    value: float
    severity: Annotated[int, Meta(ge=0, le=9)]
    transaction: bool = False


class DesiredNetworkProfile(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a station reaches a CSMS, in one of its slots (2.x)."""

    slot: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    url: Annotated[str, Meta(pattern=r"^wss?://\S+(?!\n)$", max_length=512)]
    """Without the station's identity."""
    security_profile: SecurityProfile
    interface: Annotated[str, Meta(description="Wired0 to 3, Wireless0 to 3; Any in 2.1")] = "Wired0"
    message_timeout_s: Annotated[int, Meta(ge=1, le=3600)] = 30


class DesiredChargingProfile(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A charging profile that a station should always have; EVSE, purpose and stack level tell it from others."""

    evse_id: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    """0: the station; of a TxDefaultProfile every EVSE."""
    profile: ProfileNew


class DesiredTariff(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The tariff by which a station charges who has none of their own (2.1); it gets each new version of it."""

    tariff_id: Annotated[str, Meta(min_length=1, max_length=60)]
    evse_id: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    """0: all."""


class Desired(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is declared. What is null or left out is not spoken of by this layer."""

    configuration: Annotated[list[WordChange], Meta(max_length=500)] | None = None
    """Words of the vocabulary. Of several layers each word counts as the closest layer says it."""
    root_certificates: Annotated[list[DesiredRoots], Meta(max_length=5)] | None = None
    """Of several layers each kind counts as the closest layer says it."""
    monitors: Annotated[list[DesiredMonitor], Meta(max_length=500)] | None = None
    """Of several layers each monitor counts as the closest layer says it; other monitors are let alone."""
    display_messages: Annotated[list[DesiredMessage], Meta(max_length=50)] | None = None
    """Of several layers each message counts as the closest layer says it; other messages are let alone."""
    network_profiles: Annotated[list[DesiredNetworkProfile], Meta(max_length=10)] | None = None
    """Of several layers each slot counts as the closest layer says it; other slots are let alone."""
    charging_profiles: Annotated[list[DesiredChargingProfile], Meta(max_length=50)] | None = None
    """Of several layers each EVSE, purpose and stack level counts as the closest says it; others are let alone."""
    tariffs: Annotated[list[DesiredTariff], Meta(max_length=50)] | None = None
    """Of several layers each EVSE counts as the closest layer says it."""
    local_list: bool | None = None
    """Whether the station holds a local list, kept in step with the tokens."""
    firmware: DesiredFirmware | None = None
    on_local_change: Literal["restore", "report"] | None = None
    """What was in step and was changed at the station: set back and told (restore, unless said), or only told."""
    restart: Literal["when_idle", "never"] | None = None
    """Whether a station is restarted where a value counts only then; never, unless said."""


class AppliesTo(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The stations that meet all of it, at any time; without anything the whole fleet."""

    vendor: Text255 | None = None
    model: Text255 | None = None
    site_id: SiteId | None = None
    """And the sites below it."""
    station_ids: Annotated[list[str], Meta(min_length=1, max_length=10_000)] | None = None
    """A group."""


class LayerChange(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    applies_to: AppliesTo | None
    """`{}` is the whole fleet; null no station: a template, with which stations are only compared. It must be said:
    a template that was meant to be compared with should not change a fleet."""
    desired: Desired


class Layer(Struct, frozen=True, kw_only=True):
    """A declaration for many stations. Closer ones count more: fleet, vendor and model, site, group, station."""

    id: str
    version: int
    applies_to: AppliesTo | None
    """Null: no station; a template."""
    desired: Desired
    updated_at: datetime


class StationDesired(Struct, frozen=True, kw_only=True):
    """What is declared of one station: by itself, and by all layers together."""

    own: Desired | None
    effective: Desired
    layers: list[str]
    """Those that apply, the closest last."""


class DriftEntry(Struct, frozen=True, kw_only=True):
    """One thing that is not as declared."""

    aspect: str
    what: str
    wanted: Any
    actual: Any
    reason: str | None
    """Why it is not so yet, in words."""
    attempts: int
    next_try_at: datetime | None


class StationDrift(Struct, frozen=True, kw_only=True):
    """How far one station is from what is declared, in a list of many."""

    station_id: str
    state: StationState
    reason: str | None
    updated_at: datetime


class Drift(Struct, frozen=True, kw_only=True):
    """How far a station is from what is declared, compared now with what is known of it."""

    station_id: str
    state: StationState
    text: str
    command_id: str | None
    """What is under way for it."""
    looked_at: datetime | None
    differences: list[DriftEntry]
