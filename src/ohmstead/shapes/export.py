"""Rows of exports: one line each, no nesting, so that they are tables; and the objects of OCPI 2.2.1."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class TransactionRow(Struct, frozen=True, kw_only=True):
    """A transaction; money is decimal text, by its newest bill or so far."""

    id: str
    station_id: str
    site_id: str | None
    transaction_id: str
    evse_id: int | None
    connector_id: int | None
    token: str | None
    token_type: str | None
    state: str
    started_at: datetime | None
    ended_at: datetime | None
    energy_wh: float
    stopped_reason: str | None
    events: int
    complete: bool
    verdict: str | None
    total_cost: str | None
    currency: str | None


class MeterValueRow(Struct, frozen=True, kw_only=True):
    """A measured value of a transaction, in its base unit."""

    id: str
    """Of the transaction."""
    station_id: str
    evse_id: int | None
    at: datetime
    measurand: str
    phase: str | None
    value: float
    unit: str
    context: str
    location: str


class Price(Struct, frozen=True, kw_only=True):
    excl_vat: float
    incl_vat: float


class CdrToken(Struct, frozen=True, kw_only=True):
    country_code: str
    party_id: str
    uid: str
    type: str
    contract_id: str


class GeoLocation(Struct, frozen=True, kw_only=True):
    latitude: str
    longitude: str


class CdrLocation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    name: str | None = None
    address: str
    city: str
    country: str
    coordinates: GeoLocation
    evse_uid: str
    evse_id: str
    connector_id: str
    connector_standard: str
    connector_format: str
    connector_power_type: str


class CdrDimension(Struct, frozen=True, kw_only=True):
    type: str
    volume: float


class ChargingPeriod(Struct, frozen=True, kw_only=True):
    start_date_time: datetime
    dimensions: list[CdrDimension]


class OcpiSession(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """OCPI 2.2.1, 9.3.1."""

    country_code: str
    party_id: str
    id: str
    start_date_time: datetime
    end_date_time: datetime | None = None
    kwh: float
    cdr_token: CdrToken
    auth_method: str
    location_id: str
    evse_uid: str
    connector_id: str
    currency: str
    charging_periods: list[ChargingPeriod]
    total_cost: Price | None = None
    status: str
    last_updated: datetime


class OcpiCdr(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """OCPI 2.2.1, 10.3.1."""

    country_code: str
    party_id: str
    id: str
    start_date_time: datetime
    end_date_time: datetime
    session_id: str
    cdr_token: CdrToken
    auth_method: str
    cdr_location: CdrLocation
    currency: str
    charging_periods: list[ChargingPeriod]
    total_cost: Price
    total_energy: float
    total_time: float
    remark: str | None = None
    last_updated: datetime
