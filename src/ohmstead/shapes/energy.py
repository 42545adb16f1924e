"""Circuits, limits, loads, plans and timelines of sites."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import Identity, Text255, Time
from ohmstead.shapes.site import PhaseCurrents, Power

Phase = Literal["L1", "L2", "L3"]
Amperes = Annotated[float, Meta(ge=0, le=100_000)]
Load = Annotated[float, Meta(ge=-1e8, le=1e8)]
"""Negative: fed in, by sun or battery."""
CircuitId = Annotated[str, Meta(min_length=1, max_length=18)]
PhaseLoads = Annotated[list[Load], Meta(min_length=3, max_length=3)]


class CircuitEvse(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An EVSE on a circuit: which of the site's phases its L1, L2, L3 are wired to (1: L1; 3: all, in this order), and
    what it can give. A car of one phase charges on the first of them."""

    station_id: Identity
    evse_id: Annotated[int, Meta(ge=1)]
    phases: Literal[1, 3] | Annotated[list[Phase], Meta(min_length=1, max_length=3)] = 3
    chooses_phase: bool = False
    """Its station (2.x, ACPhaseSwitchingSupported) puts a car of one phase on the phase that it is told."""
    max_a: Annotated[float, Meta(gt=0, le=1000)] = 32.0
    min_a: Annotated[float, Meta(ge=0, le=1000)] = 6.0
    priority: Annotated[int, Meta(ge=1, le=100)] = 1
    """Who has a higher one gets its minimum first, and more of what is left, in proportion."""
    steps_a: Annotated[list[Amperes], Meta(max_length=100)] = []


class CircuitNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(max_length=255)] = ""
    parent_id: CircuitId | None = None
    limit_a: Amperes | PhaseCurrents | None = None
    limit_w: Power | PhaseCurrents | None = None
    """In place of `limit_a`, or beside it: of all phases together, or of L1, L2, L3."""
    evses: list[CircuitEvse] = []
    unmanaged_load_w: Power | None = None
    """Counted where nobody measures what else is drawn here."""


class CircuitChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text255 | UnsetType = UNSET
    parent_id: CircuitId | UnsetType | None = UNSET
    limit_a: Amperes | PhaseCurrents | UnsetType = UNSET
    limit_w: Power | PhaseCurrents | UnsetType | None = UNSET
    evses: list[CircuitEvse] | UnsetType = UNSET
    unmanaged_load_w: Power | UnsetType | None = UNSET


class Circuit(Struct, frozen=True, kw_only=True):
    id: str
    site_id: str
    name: str
    parent_id: str | None
    limit_a: list[float]
    limit_w: float | None
    evses: list[CircuitEvse]
    unmanaged_load_w: float | None


class LoadPut(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is drawn beside the EVSEs, as it is measured: in W (evenly on the phases) or in A per phase."""

    load_w: Load | None = None
    load_a: PhaseLoads | None = None
    circuit_id: CircuitId | None = None


class SiteLoad(Struct, frozen=True, kw_only=True):
    circuit_id: str | None
    load_a: list[float]
    load_w: float
    at: datetime


class SiteLoads(Struct, frozen=True, kw_only=True):
    data: list[SiteLoad]


class LimitNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """At most `limit_w` in all, or `limit_a` per phase, from `from` to `to`, reached on a ramp; of all active limits
    the lowest counts."""

    limit_w: Power | None = None
    limit_a: Amperes | PhaseCurrents | None = None
    start: Time | None = None
    end: Time | None = None
    ramp_s: Annotated[int, Meta(ge=0, le=86_400)] = 0
    priority: Annotated[int, Meta(ge=0, le=1000)] = 0
    name: Annotated[str, Meta(max_length=255)] = ""


class SiteLimit(Struct, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """`kind`: `put` is the one of PUT /limit, `entry` one of POST /limits, `event` that of a demand response event."""

    id: str
    kind: Literal["put", "entry", "event"]
    limit_w: float
    limit_a: list[float] | None
    """Of L1, L2, L3; `limit_w` is what they come to."""
    start: datetime | None
    end: datetime | None
    ramp_s: int
    priority: int
    name: str
    active: bool


class PlanNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to ask instead of what is: every field may be left out."""

    limit_w: Power | None = None
    everyone_charges: bool = False
    """As if a car that wants all stood at every EVSE."""


class Reason(Struct, frozen=True, kw_only=True):
    code: str
    text: str


class PlannedEvse(Struct, frozen=True, kw_only=True):
    """`limit_a` per phase is its share; `ordered_a` what it was told last and accepted, `fail_safe_a` what it falls
    back to without us, `may_draw_a` the most it may draw by all we know."""

    station_id: str
    evse_id: int
    limit_a: float
    limit_w: float
    reason: Reason
    ordered_a: float | None
    fail_safe_a: float | None
    may_draw_a: float
    measured_w: float | None
    transaction_id: str | None
    online: bool


class SitePlan(Struct, frozen=True, kw_only=True):
    """`load_w` is drawn beside the EVSEs, less `pv_w` and `battery_w`, which are fed in."""

    at: datetime
    limit_w: float | None
    limit_a: list[float] | None
    limited_by: str
    load_w: float
    pv_w: float
    battery_w: float
    evses: list[PlannedEvse]
    violations: list[str]


class SampledEvse(Struct, frozen=True, kw_only=True):
    """`limit_a` is its share per phase, `limit_w` the same on all its phases at the nominal voltage."""

    station_id: str
    evse_id: int
    limit_a: float
    limit_w: float
    measured_w: float | None
    code: str
    text: str


class Sample(Struct, frozen=True, kw_only=True):
    """`measured_w` is what cars draw, `load_w` what else is drawn, less `pv_w` and `battery_w`, which are fed in by
    their series (a battery that is charged: below 0). `held_back_w` is what cars with an order below what their EVSE
    can give are kept from, at most."""

    at: datetime
    limit_w: float | None
    measured_w: float
    load_w: float
    pv_w: float
    battery_w: float
    held_back_w: float
    evses: list[SampledEvse]


class SiteTimeline(Struct, frozen=True, kw_only=True):
    data: list[Sample]
