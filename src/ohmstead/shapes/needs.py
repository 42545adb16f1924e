"""Vehicles, charging needs, prices, and the plan of the hours to come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ohmstead.shapes.common import Identity, Text255, Time

NeedState = Literal["waiting", "active", "met", "missed", "cancelled", "replaced"]
Wh = Annotated[float, Meta(gt=0, le=10_000_000)]
Percent = Annotated[float, Meta(ge=0, le=100)]
RowId = Annotated[str, Meta(min_length=1, max_length=18)]


class VehicleNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A vehicle, known by the tokens with which it charges."""

    name: Text255
    tokens: Annotated[list[Text255], Meta(min_length=1, max_length=20)]
    battery_wh: Wh | None = None


class Vehicle(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    tokens: list[str]
    battery_wh: float | None
    created_at: datetime


class ChargingNeedNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So much energy by `ready_by` for the car at a station, of a token, or of a vehicle: for its transaction of now,
    or its next one. `soc_percent` needs a vehicle whose battery is known; `soc_now_percent` is what it has, 0 if
    nobody says."""

    station_id: Identity | None = None
    evse_id: Annotated[int, Meta(ge=1)] | None = None
    vehicle_id: RowId | None = None
    token: Text255 | None = None
    energy_wh: Wh | None = None
    soc_percent: Percent | None = None
    soc_now_percent: Percent = 0.0
    ready_by: Time
    priority: Annotated[int, Meta(ge=1, le=100)] = 1


class ChargingNeed(Struct, frozen=True, kw_only=True):
    """`feasible` is null until its car is there; `expected_wh` is what it will have by `ready_by`, as planned last,
    and `reason` why that is not enough. `source` `ev`: the car said so itself (ISO 15118)."""

    id: str
    station_id: str | None
    evse_id: int | None
    vehicle_id: str | None
    token: str | None
    energy_wh: float
    soc_percent: float | None
    ready_by: datetime
    priority: int
    source: Literal["api", "ev"]
    state: NeedState
    delivered_wh: float
    expected_wh: float | None
    feasible: bool | None
    reason: str | None
    created_at: datetime
    updated_at: datetime


class PriceSlot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    start: Time
    end: Time
    price: Annotated[float, Meta(ge=-1e6, le=1e6)]


class PricesPut(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a kWh costs, in money or in carbon: `EUR/kWh`, `g/kWh`."""

    unit: Annotated[str, Meta(min_length=1, max_length=20)]
    slots: Annotated[list[PriceSlot], Meta(min_length=1, max_length=1000)]


class SitePrices(Struct, frozen=True, kw_only=True):
    unit: str
    slots: list[PriceSlot]
    updated_at: datetime


class PlannedPeriod(Struct, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    start: datetime
    end: datetime
    limit_a: float


class PlannedCar(Struct, frozen=True, kw_only=True):
    """`may_wait`: it gets no more than this, because other hours are cheaper; else it may get more. `without_us` is
    what its station goes on with when it loses its line, in place of its fail-safe."""

    station_id: str
    evse_id: int
    charging_need_id: str
    may_wait: bool
    periods: list[PlannedPeriod]
    without_us: list[PlannedPeriod]


class SiteSchedule(Struct, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """The plan of the hours to come, made at `from`: by the `optimiser`, or by `water_filling` and why."""

    start: datetime
    end: datetime
    by: Literal["optimiser", "water_filling"]
    why: str
    solve_ms: float
    cost: float | None
    unit: str | None
    cars: list[PlannedCar]
