"""Events of demand response and what came of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ohmstead.shapes.common import SiteId, Time
from ohmstead.shapes.site import Power
from ohmstead.shapes.site_group import GroupId

DemandEventState = Literal["scheduled", "active", "done", "cancelled"]
TIMES = {"start": "from", "end": "to"}


class DemandEventNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=TIMES):
    """What is asked of all its sites together: exactly one of `limit_w`, `shed_w` and `shed_percent` (of the baseline,
    what they drew in the 15 minutes before). Without `from` it begins now."""

    site_ids: Annotated[list[SiteId], Meta(max_length=1000)] = []
    group_ids: Annotated[list[GroupId], Meta(max_length=100)] = []
    """Groups whose sites, as they are now, are asked too."""
    start: Time | None = None
    end: Time
    limit_w: Power | None = None
    shed_w: Power | None = None
    shed_percent: Annotated[float, Meta(ge=0, le=100)] | None = None
    ramp_s: Annotated[int, Meta(ge=0, le=86_400)] = 0
    priority: Annotated[int, Meta(ge=0, le=1000)] = 0
    """Of events that overlap at a site those with the highest count, of these the lowest limit."""
    opt_out: Annotated[list[SiteId], Meta(max_length=1000)] = []
    name: Annotated[str, Meta(max_length=255)] = ""


class DemandEventChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    opt_out: Annotated[list[SiteId], Meta(max_length=1000)]
    """The sites that do not take part (any more): all of them."""


class DemandShare(Struct, frozen=True, kw_only=True):
    site_id: str
    baseline_w: float
    limit_w: float


class DemandEvent(Struct, frozen=True, kw_only=True, rename=TIMES):
    """`sites` is what each has to keep to, from the start on."""

    id: str
    name: str
    source: Literal["api", "openadr"]
    source_id: str | None
    state: DemandEventState
    site_ids: list[str]
    opt_out: list[str]
    start: datetime
    end: datetime
    limit_w: float | None
    shed_w: float | None
    shed_percent: float | None
    ramp_s: int
    priority: int
    sites: list[DemandShare]
    created_at: datetime


class DemandInterval(Struct, frozen=True, kw_only=True, rename=TIMES):
    """Mean powers of all sites that took part to the end; `shed_w` is the baseline less what was measured."""

    start: datetime
    end: datetime
    asked_w: float
    baseline_w: float
    measured_w: float | None
    shed_w: float | None


class SettledSite(Struct, frozen=True, kw_only=True):
    """Energy of one site in all its events, of the intervals that were measured."""

    site_id: str
    events: int
    asked_shed_wh: float
    shed_wh: float
    complete: bool


class SettledEvent(Struct, frozen=True, kw_only=True, rename=TIMES):
    id: str
    name: str
    state: DemandEventState
    start: datetime
    end: datetime
    asked_shed_wh: float
    shed_wh: float
    complete: bool


class DemandSettlement(Struct, frozen=True, kw_only=True, rename=TIMES):
    """All events that began and touch a time, whole: by event, by site, and together. `complete`: every interval of
    every site was measured; what was not is in no sum."""

    start: datetime
    end: datetime
    asked_shed_wh: float
    shed_wh: float
    complete: bool
    sites: list[SettledSite]
    data: list[SettledEvent]


class DemandReport(Struct, frozen=True, kw_only=True):
    """`shed_wh` is the energy over all intervals that were measured, `asked_shed_wh` what was asked for in them."""

    id: str
    state: DemandEventState
    intervals: list[DemandInterval]
    shed_wh: float
    asked_shed_wh: float
    complete: bool
    """Whether it is over, and every interval was measured."""
