"""Named groups of sites: portfolios that are asked together."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import SiteId, Text255

GroupId = Annotated[str, Meta(min_length=1, max_length=18, description="id of a group of sites")]
Members = Annotated[list[SiteId], Meta(min_length=1, max_length=1000)]


class SiteGroupNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text255
    """No two groups have the same."""
    site_ids: Members


class SiteGroupChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text255 | UnsetType = UNSET
    site_ids: Members | UnsetType = UNSET
    """All of them; what was asked of the group before stays as it was asked."""


class SiteGroup(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    site_ids: list[str]
    created_at: datetime
