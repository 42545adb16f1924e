"""Sites: where stations stand, and what their grid connection allows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import SiteId, StationStatus, Text255

Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Power = Annotated[float, Meta(ge=0)]
PhaseCurrents = Annotated[list[Power], Meta(min_length=3, max_length=3)]
ResetLeave = Literal["never", "idle", "always"]
TimeZone = Annotated[str, Meta(min_length=1, max_length=64, description="IANA name, for example Europe/Berlin")]


class SiteNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text255
    parent_id: SiteId | None = None
    time_zone: TimeZone = "UTC"
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    limit_w: Power | None = None
    limit_a: PhaseCurrents | None = None
    """Amperes of L1, L2, L3."""
    reset_if_disobedient: ResetLeave = "never"
    """Whether a station that obeys no limit, in whatever words, is reset: `idle`: when nothing charges there; `always`:
    in the transaction too. A station's capability of this name counts before."""


class SiteChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text255 | UnsetType = UNSET
    parent_id: SiteId | UnsetType | None = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    latitude: Latitude | UnsetType | None = UNSET
    longitude: Longitude | UnsetType | None = UNSET
    limit_w: Power | UnsetType | None = UNSET
    limit_a: PhaseCurrents | UnsetType | None = UNSET
    reset_if_disobedient: ResetLeave | UnsetType = UNSET


class SiteSummary(Struct, frozen=True, kw_only=True):
    """How many stations of a site have which status; statuses that none has are left out."""

    site_id: str
    stations: int
    statuses: dict[StationStatus, int]


class SiteSummaries(Struct, frozen=True, kw_only=True):
    data: list[SiteSummary]


class Site(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    parent_id: str | None
    time_zone: str
    latitude: float | None
    longitude: float | None
    limit_w: float | None
    limit_a: list[float] | None
    reset_if_disobedient: ResetLeave
    created_at: datetime
