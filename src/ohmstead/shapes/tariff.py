"""Tariffs and bills. Money is decimal text in the currency of the tariff."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ohmstead.shapes.common import Text255

Money = Annotated[str, Meta(pattern=r"^\d{1,9}(\.\d{1,6})?(?!\n)$", description="decimal text, for example 0.35")]
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d(?!\n)$", description="local time HH:MM")]
Date = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?!\n)$", description="YYYY-MM-DD")]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TariffId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_\-]{1,60}(?!\n)$")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}(?!\n)$", description="ISO 4217")]


class TariffElement(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A price and when it applies; of the elements with the same `per` the first one that applies counts."""

    per: Literal["kwh", "minute", "idle_minute", "session", "reservation_minute", "reservation", "no_show"]
    """minute: while connected; idle_minute: while connected and the vehicle takes nothing; session: once;
    reservation_minute, reservation (once): what was reserved for it, at the price of the moment it was reserved;
    no_show (once): of a reservation that expired and nobody used."""
    price: Money
    from_time: Clock | None = None
    """In the time zone of the site; a window may go over midnight."""
    to_time: Clock | None = None
    days: list[Day] | None = None
    from_date: Date | None = None
    to_date: Date | None = None
    """The last day."""
    min_power_w: Annotated[float, Meta(ge=0)] | None = None
    """Only while at least this much is drawn."""


class TariffNew(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Prices are net of tax."""

    id: TariffId | None = None
    """Chosen by Ohmstead where it is left out."""
    currency: Currency
    name: Text255
    default: bool = False
    """For every transaction whose token has no tariff; one tariff is the default."""
    tax_percent: Annotated[str, Meta(pattern=r"^\d{1,3}(\.\d{1,4})?(?!\n)$")] | None = None
    elements: Annotated[list[TariffElement], Meta(min_length=1, max_length=100)]
    min_price: Money | None = None
    """The least a transaction costs, net."""
    max_price: Money | None = None
    step_wh: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    """Energy is rounded up to a multiple of this."""


class TariffChange(TariffNew, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The whole tariff as it shall be; running transactions keep the version they began with."""


class Tariff(Struct, frozen=True, kw_only=True):
    id: str
    version: int
    currency: str
    name: str
    default: bool
    tax_percent: str
    elements: list[TariffElement]
    min_price: str | None
    max_price: str | None
    step_wh: int | None
    created_at: datetime


class BillLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`element`: its place in the tariff from 0 on; null for the minimum or maximum price. `tariff`: ID.VERSION, where
    the transaction went on by another tariff than it began with."""

    element: int | None
    text: str
    quantity: str
    """kWh, minutes, or 1."""
    price: str
    amount: str
    tariff: str | None = None


class StationCost(Struct, frozen=True, kw_only=True):
    """What the station says it costs (costDetails of 2.1)."""

    currency: str
    total: str | None
    """Gross, where it says so; else net."""
    includes_tax: bool
    energy_kwh: float
    charging_time_s: int
    idle_time_s: int
    failure: str | None
    """Why it could not calculate, in its words."""
    difference: str | None
    """Its total less ours; null where they cannot be compared."""


class Bill(Struct, frozen=True, kw_only=True):
    """What a transaction costs, line by line, by one version of a tariff."""

    transaction_id: str
    version: int | None
    """Rises when something came after the bill was made; null: a simulation, or a transaction that still runs."""
    reason: str
    made_at: datetime
    tariff_id: str
    tariff_version: int
    time_zone: str
    started_at: datetime
    ended_at: datetime | None
    energy_wh: float
    currency: str
    lines: list[BillLine]
    net: str
    tax: str
    total: str
    station_cost: StationCost | None = None
    """Where the station computes by itself: its last word, beside ours."""


class SimulateNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    transaction_id: Annotated[str, Meta(min_length=1, max_length=50, description="Ohmstead's id of a transaction")]
