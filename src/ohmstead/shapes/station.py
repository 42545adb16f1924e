"""Stations: what an operator says about one, and what is shown of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import (
    Finding,
    Identity,
    OcppVersion,
    Registration,
    SecurityProfile,
    SecurityProfileName,
    SiteId,
    StationStatus,
    Text50,
)
from ohmstead.shapes.site import Site

CertificateName = Literal["serial_number", "identity"]
Signing = Literal["unwrap", "verify", "require"]
Strictness = Literal["lenient", "strict"]
PasswordPending = Literal["answer", "restart"]
EvseState = Literal[
    "available",
    "occupied",
    "reserved",
    "unavailable",
    "faulted",
    "preparing",
    "charging",
    "suspended_ev",
    "suspended_evse",
    "finishing",
]
Password = Annotated[str, Meta(min_length=8, max_length=64, description="8 to 64 characters; 16 or more are wise")]
GatewayName = Annotated[str, Meta(min_length=1, max_length=64)]
Days = Annotated[int, Meta(ge=0, le=3650)]


class StationNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A station to be let in. A password left out at profile 1 or 2 is made and returned once."""

    id: Identity
    security_profile: SecurityProfile = 1
    password: Password | None = None
    serial_number: Text50 | None = None
    certificate_cn: CertificateName = "serial_number"
    gateway_cn: GatewayName | None = None
    """Common name of the certificate of the local controller that connects for it."""
    signing: Signing | None = None
    registration: Registration = "accepted"
    site_id: SiteId | None = None
    allow_expired_certificate: Days = 0
    """Days for which an expired client certificate is still let in, to be renewed."""
    csr: Annotated[str, Meta(min_length=1, max_length=100_000)] | None = None
    """Its signing request (PKCS#10, PEM), with profile tls_client_certificate alone: the certificate is issued too."""


class StationChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator knows without asking the station."""

    site_id: SiteId | UnsetType | None = UNSET
    serial_number: Text50 | UnsetType | None = UNSET
    certificate_cn: CertificateName | UnsetType = UNSET
    gateway_cn: GatewayName | UnsetType | None = UNSET
    signing: Signing | UnsetType | None = UNSET
    registration: Registration | UnsetType = UNSET
    allow_expired_certificate: Days | UnsetType = UNSET
    strictness: Strictness | UnsetType | None = UNSET
    capabilities: dict[str, Any] | UnsetType | None = UNSET
    """What the station can take where it does not say so itself, for example `{"items_per_get_variables": 4}`."""
    password: Password | UnsetType = UNSET
    security_profile: SecurityProfile | UnsetType = UNSET
    force: bool = False
    """Take a lower security profile all the same."""


class Connector(Struct, frozen=True, kw_only=True):
    id: int
    type: str | None
    status: str
    """The specification's word: Available, Occupied, Reserved, Unavailable, Faulted; from 1.6 also Preparing ..."""


class Evse(Struct, frozen=True, kw_only=True):
    id: int
    state: EvseState
    transaction_id: str | None
    power_w: float | None
    limit_w: float | None
    connectors: list[Connector]


UpgradeStep = Literal["network_profile", "priority", "reset", "proof", "overdue", "settling", "done", "failed"]


class Upgrade(Struct, frozen=True, kw_only=True, rename={"was": "from", "was_name": "from_name"}):
    """The last move of a station to another security profile. Until `settling` it is let in with `from`, from
    `priority` on with `to` as well."""

    step: UpgradeStep
    was: int
    was_name: SecurityProfileName
    to: int
    to_name: SecurityProfileName
    reason: str | None
    slot: int | None
    """Of the network profile that was set (2.x)."""
    url: str | None
    command_id: str
    started_at: datetime
    deadline: datetime | None
    """Until when this step must be over."""


class UpgradeNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a station shall go. `url` is the endpoint for the new profile, without the identity; by default that of
    the settings. `slot` by default a free one (2.x)."""

    security_profile: SecurityProfile
    url: Annotated[str, Meta(pattern=r"^wss?://\S+(?!\n)$", max_length=512)] | None = None
    slot: Annotated[int, Meta(ge=0)] | None = None
    interface: Annotated[str, Meta(max_length=20, description="Wired0 to 3, Wireless0 to 3; Any in 2.1")] | None = None
    when: Literal["immediately", "idle"] = "idle"


MigrationStep = Literal[
    "network_profile", "draining", "priority", "reset", "watching", "overdue", "settling", "done", "returned", "failed"
]  # fmt: skip
Destination = Literal["here", "tenant", "elsewhere"]
Silence = Annotated[int, Meta(ge=60, le=7 * 86400)]


class CsmsMigration(Struct, frozen=True, kw_only=True):
    """The last migration of a station to another CSMS, or to another address of this one (B10)."""

    step: MigrationStep
    destination: Destination
    """here: another address of this tenant. tenant: another tenant of this server. elsewhere: another CSMS."""
    url: str | None
    """Null: the slot held it already."""
    slot: int | None
    reason: str | None
    """Where it stands, in words."""
    command_id: str
    started_at: datetime
    left_at: datetime | None
    """When it was told to restart."""
    deadline: datetime | None
    """Until when this step must be over."""


class MigrationNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a station shall go: `url`, or a `slot` that holds it already. The rest as in the command `migrate`."""

    url: Annotated[str, Meta(pattern=r"^wss?://\S+(?!\n)$", max_length=512)] | None = None
    slot: Annotated[int, Meta(ge=0)] | None = None
    destination: Destination | None = None
    security_profile: SecurityProfile | None = None
    interface: Annotated[str, Meta(max_length=20, description="Wired0 to 3, Wireless0 to 3; Any in 2.1")] | None = None
    identity: Annotated[str, Meta(min_length=1, max_length=48)] | None = None
    password: Annotated[str, Meta(min_length=16, max_length=64)] | None = None
    silence_s: Silence | None = None
    keep_old: bool | None = None
    when: Literal["immediately", "idle"] | None = None


class MigrationAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator knows who has looked at the other side."""

    arrived: bool


class Station(Struct, frozen=True, kw_only=True):
    """A station as it is known now. `security_profile` is the specification's number, its name stands beside it."""

    id: Identity
    status: StationStatus
    """One word for all of it: what is wrong comes first; `charging` while any transaction is active."""
    online: bool
    ocpp_version: OcppVersion | None
    registration: Registration
    vendor: str | None
    model: str | None
    serial_number: str | None
    """As the operator registered it; else what the station said at its boot."""
    firmware_version: str | None
    security_profile: int
    security_profile_name: SecurityProfileName
    password_pending: PasswordPending | None
    """A new password is on its way, and the present one is still taken too: until the station's answer is known, or
    until it comes with the new one after its next start."""
    upgrade: Upgrade | None
    """The last move to another security profile."""
    migration: CsmsMigration | None
    """The last migration to another CSMS or address."""
    site_id: str | None
    certificate_cn: CertificateName
    gateway_cn: str | None
    signing: Signing | None
    strictness: Strictness | None
    allow_expired_certificate: int
    capabilities: dict[str, Any]
    connected_since: datetime | None
    booted_at: datetime | None
    last_seen_at: datetime | None
    clock_skew_s: float | None
    """How far the station's clock is ahead of ours."""
    certificate_expires_at: datetime | None
    """The end of the certificate that it comes in with, of several the last; null: it has none."""
    created_at: datetime
    evses: list[Evse]
    site: Site | UnsetType | None = UNSET
    """With `expand=site`; null: it lies in none."""


class CredentialsNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another password for a station; one that is left out is made and returned once. 1.6 takes hexadecimal digits."""

    password: Annotated[str, Meta(min_length=16, max_length=64)] | None = None


class StationMade(Station, frozen=True, kw_only=True, omit_defaults=True):
    """A new station; `password` only where Ohmstead made it, and only this once."""

    password: str | None = None
    certificate: str | None = None
    """Issued for the signing request that came with it: PEM, its own first."""
    findings: list[Finding] = []


class Imported(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a CSV import that became a station."""

    line: int
    id: str
    password: str | None = None


class NotImported(Struct, frozen=True, kw_only=True):
    """One line of a CSV import that was refused."""

    line: int
    id: str | None
    detail: str


class ImportReport(Struct, frozen=True, kw_only=True):
    created: list[Imported]
    refused: list[NotImported]


class StationSummary(Struct, frozen=True, kw_only=True):
    """Counts over all stations the key may see."""

    stations: int
    online: int
    offline: int
    registration: dict[str, int]
    statuses: dict[StationStatus, int]
    """How many stations have which status; all words are there."""
    connectors: dict[str, int]
    """How many connectors have which status."""
    active_transactions: int
    power_w: float
    """What the active transactions draw, as last measured."""


class PowerCurve(Struct, frozen=True, kw_only=True):
    """What a station drew, over all its EVSEs."""

    station_id: Identity
    power_w: list[float | None]
    """For each part of the time the last that was measured up to its end; null: no transaction had measured it."""


class PowerCurves(Struct, frozen=True, kw_only=True, rename={"begin": "from", "end": "to"}):
    """Curves of several stations over the same time, in parts of the same length."""

    begin: datetime
    end: datetime
    data: list[PowerCurve]


class LiveEvse(Struct, frozen=True, kw_only=True):
    id: int
    state: EvseState
    power_w: float | None
    limit_w: float | None
    transaction_id: str | None


class LiveStation(Struct, frozen=True, kw_only=True):
    """As much of a station as a list of thousands shows."""

    id: Identity
    status: StationStatus
    site_id: str | None
    vendor: str | None
    model: str | None
    firmware_version: str | None
    ocpp_version: OcppVersion | None
    last_seen_at: datetime | None
    certificate_expires_at: datetime | None
    evses: list[LiveEvse]


class LiveSnapshot(Struct, frozen=True, kw_only=True):
    """One page of all stations there are now. Page 0 replaces whatever was known."""

    page: int
    complete: bool
    stations: list[LiveStation]


class LiveDelta(Struct, frozen=True, kw_only=True):
    """What changed since: stations as they are now, and those that no longer meet the filters."""

    stations: list[LiveStation]
    gone: list[Identity]
