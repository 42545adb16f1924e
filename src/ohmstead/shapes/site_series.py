"""What sun and batteries of a site feed in over time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ohmstead.shapes.common import Time
from ohmstead.shapes.energy import CircuitId, Phase

SeriesKind = Literal["pv", "battery"]


class SeriesSlot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """`power_w` is fed in from `from` to `to`; below 0 it is drawn, by a battery that is charged."""

    start: Time
    end: Time
    power_w: Annotated[float, Meta(ge=-1e8, le=1e8)]


class SeriesPut(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole series; at a time without a slot nothing is fed in. `circuit_id`: behind its fuse, not at the site
    itself."""

    slots: Annotated[list[SeriesSlot], Meta(min_length=1, max_length=1000)]
    phases: Annotated[list[Phase], Meta(min_length=1, max_length=3)] | None = None
    """Those that it feeds into, evenly; null: all three."""
    circuit_id: CircuitId | None = None


class SiteSeries(Struct, frozen=True, kw_only=True):
    """`now_w` is what it gives now."""

    kind: SeriesKind
    circuit_id: str | None
    phases: list[Phase]
    now_w: float
    slots: list[SeriesSlot]
    updated_at: datetime


class SiteSeriesList(Struct, frozen=True, kw_only=True):
    data: list[SiteSeries]
