"""Forwarding: stations told to a second CSMS."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import Identity, SiteId, Text255

CsmsUrl = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern=r"^wss?://[^\s/?#@]+(/[^\s?#]*)?(?!\n)$",
        description="the endpoint of the second CSMS; `/` and the station's identity are appended",
    ),
]
Action = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,50}(?!\n)$")]
Actions = Annotated[list[Action], Meta(max_length=100)]
Stations = Annotated[list[Identity], Meta(min_length=1, max_length=1000)]
Password = Annotated[str, Meta(min_length=1, max_length=64)]
Pem = Annotated[str, Meta(max_length=100_000, description="certificates in PEM")]
LinkState = Literal["connected", "connecting", "not_accepted", "station_offline", "ended"]


class ForwardingNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text255
    url: CsmsUrl
    station_ids: Stations | None = None
    """The only stations; null: all."""
    site_ids: list[SiteId] | None = None
    """And only those of these sites; null: of all that the key may see."""
    identity: Identity | None = None
    """Who the station is there, where that differs; only with a single station."""
    password: Password | None = None
    """For Basic authentication there; sealed, never shown."""
    trusted_certificates: Pem | None = None
    """Whom wss trusts; null: the machine's roots."""
    commands: Actions = []
    """OCPP actions that the second CSMS may ask for; none: it only listens."""
    leave_out: Actions = []
    """Messages of the station that are not told."""
    enabled: bool = True


class ForwardingChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text255 | UnsetType = UNSET
    url: CsmsUrl | UnsetType = UNSET
    station_ids: Stations | UnsetType | None = UNSET
    site_ids: list[SiteId] | UnsetType | None = UNSET
    identity: Identity | UnsetType | None = UNSET
    password: Password | UnsetType | None = UNSET
    trusted_certificates: Pem | UnsetType | None = UNSET
    commands: Actions | UnsetType = UNSET
    leave_out: Actions | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class Forwarding(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    url: str
    station_ids: list[str] | None
    site_ids: list[str] | None
    identity: str | None
    has_password: bool
    trusted_certificates: str | None
    commands: list[str]
    leave_out: list[str]
    enabled: bool
    created_at: datetime


class ForwardingLink(Struct, frozen=True, kw_only=True):
    """How one station's line to the second CSMS is."""

    station_id: str
    state: LinkState
    reason: str | None
    """Why it is not connected."""
    since: datetime
    told: int
    """Messages that the second CSMS took, since its station came."""
    dropped: int
    """Messages that it did not get: it was away for too long, refused them, or did not answer."""
    asked: int
    """Commands of the second CSMS that went on to the station."""
    refused: int
    """Commands that it may not give."""
