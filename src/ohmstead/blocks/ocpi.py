"""Transactions in the words of OCPI 2.2.1: sessions, and charge detail records of sealed ones.

The mapping is written down in docs/howto/statements.md; what OCPP does not tell is "n/a" there, never invented.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct

from ohmstead.shapes.export import (
    CdrDimension,
    CdrLocation,
    CdrToken,
    ChargingPeriod,
    GeoLocation,
    OcpiCdr,
    OcpiSession,
    Price,
)  # fmt: skip
from ohmstead.shapes.tariff import Bill
from ohmstead.shapes.transaction import Transaction

NOT_TOLD = "n/a"
RFID = frozenset({"ISO14443", "ISO15693"})
AUTH_METHODS = {"Central": "COMMAND", "DirectPayment": "COMMAND"}
"""Started by us; all others were asked about when they were shown (AUTH_REQUEST)."""


class Party(NamedTuple):
    """Who says it: ISO 3166 country and three letters."""

    country_code: str
    party_id: str


class Place(Struct, frozen=True, kw_only=True):
    """Where it was, as far as it is known."""

    site_id: str | None = None
    name: str | None = None
    latitude: float | None = None
    longitude: float | None = None


def session(party: Party, one: Transaction, bill: Bill | None, place: Place, updated_at: datetime) -> OcpiSession:
    """A Session of a transaction, running or ended."""
    return OcpiSession(
        country_code=party.country_code,
        party_id=party.party_id,
        id=one.id,
        start_date_time=one.started_at or updated_at,
        end_date_time=one.ended_at,
        kwh=_kwh(one),
        cdr_token=_token(party, one),
        auth_method=AUTH_METHODS.get(one.token_type or "", "AUTH_REQUEST"),
        location_id=place.site_id or one.station_id,
        evse_uid=_evse(one),
        connector_id=str(one.connector_id or 1),
        currency=bill.currency if bill else "XXX",
        charging_periods=_periods(one, updated_at),
        total_cost=_price(bill) if bill else None,
        status="ACTIVE" if one.state == "active" else "COMPLETED",
        last_updated=updated_at,
    )


def cdr(party: Party, record: tuple[int, Transaction], bill: Bill | None, place: Place, sealed_at: datetime) -> OcpiCdr:
    """The CDR of a sealed record (version, transaction); its id has the version, its remark what it corrects."""
    version, one = record
    begin, end = one.started_at or sealed_at, one.ended_at or sealed_at
    return OcpiCdr(
        country_code=party.country_code,
        party_id=party.party_id,
        id=f"{one.id}-{version}",
        start_date_time=begin,
        end_date_time=end,
        session_id=one.id,
        cdr_token=_token(party, one),
        auth_method=AUTH_METHODS.get(one.token_type or "", "AUTH_REQUEST"),
        cdr_location=_location(party, one, place),
        currency=bill.currency if bill else "XXX",
        charging_periods=_periods(one, sealed_at),
        total_cost=_price(bill) if bill else Price(excl_vat=0.0, incl_vat=0.0),
        total_energy=_kwh(one),
        total_time=_hours(begin, end),
        remark=None if version == 1 else f"corrects {one.id}-{version - 1}",
        last_updated=sealed_at,
    )


def _kwh(one: Transaction) -> float:
    return round(one.energy_wh / 1000, 4)


def _hours(begin: datetime, end: datetime) -> float:
    return round((end - begin).total_seconds() / 3600, 4)


def _evse(one: Transaction) -> str:
    return f"{one.station_id}*{one.evse_id or 0}"


def _token(party: Party, one: Transaction) -> CdrToken:
    """A token of 1.6 has no type: it was a card."""
    kind = "RFID" if one.token_type is None or one.token_type in RFID else "OTHER"
    uid = one.token or NOT_TOLD
    return CdrToken(country_code=party.country_code, party_id=party.party_id, uid=uid, type=kind, contract_id=uid)


def _periods(one: Transaction, until: datetime) -> list[ChargingPeriod]:
    """One period: energy and time of the whole transaction."""
    begin = one.started_at or until
    time = CdrDimension(type="TIME", volume=_hours(begin, one.ended_at or until))
    return [ChargingPeriod(start_date_time=begin, dimensions=[CdrDimension(type="ENERGY", volume=_kwh(one)), time])]


def _price(bill: Bill) -> Price:
    return Price(excl_vat=float(bill.net), incl_vat=float(bill.total))


def _location(party: Party, one: Transaction, place: Place) -> CdrLocation:
    """OCPI wants an address and a connector; OCPP tells neither, so they are not told here either."""
    words: dict[str, Any] = {"address": NOT_TOLD, "city": NOT_TOLD, "country": party.country_code}
    return CdrLocation(
        id=place.site_id or one.station_id,
        name=place.name,
        coordinates=GeoLocation(latitude=f"{place.latitude or 0:.6f}", longitude=f"{place.longitude or 0:.6f}"),
        evse_uid=_evse(one),
        evse_id=_evse(one),
        connector_id=str(one.connector_id or 1),
        connector_standard=NOT_TOLD,
        connector_format=NOT_TOLD,
        connector_power_type=NOT_TOLD,
        **words,
    )
