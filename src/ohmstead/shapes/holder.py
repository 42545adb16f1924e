"""Holders, and what they are to pay for a month."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import Text255
from ohmstead.shapes.site import TimeZone

HolderId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_\-]{1,60}(?!\n)$")]


class HolderNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of tokens that gets one statement a month."""

    id: HolderId | None = None
    """Chosen by Ohmstead where it is left out."""
    group: Text255
    """The `group` of its tokens; a group has one holder."""
    name: Text255
    unit: Text255 | None = None
    """What the property platform calls the flat, the office, the parking space."""
    time_zone: TimeZone = "UTC"
    """Where its months begin and end."""


class HolderChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text255 | UnsetType = UNSET
    unit: Text255 | UnsetType | None = UNSET
    time_zone: TimeZone | UnsetType = UNSET


class Holder(Struct, frozen=True, kw_only=True):
    id: str
    group: str
    name: str
    unit: str | None
    time_zone: str
    created_at: datetime


class StatementLine(Struct, frozen=True, kw_only=True):
    """One transaction, by its sealed record and its bill; money is decimal text, null where it has no tariff."""

    transaction_id: str
    record_version: int
    record_reason: str
    """complete, a verdict where something was missing for good, or amended."""
    station_id: str
    evse_id: int | None
    token: str | None
    started_at: datetime | None
    ended_at: datetime | None
    energy_wh: float
    bill_version: int | None
    tariff_id: str | None
    currency: str | None
    net: str | None
    tax: str | None
    total: str | None


class StatementFee(Struct, frozen=True, kw_only=True):
    """A reservation that nobody used, by its bill; one that was used after all is here with 0."""

    reservation_id: str
    station_id: str
    evse_id: int | None
    token: str
    reason: str
    reserved_at: datetime
    ended_at: datetime
    bill_version: int
    tariff_id: str
    currency: str
    net: str
    tax: str
    total: str


class StatementTotal(Struct, frozen=True, kw_only=True):
    currency: str
    net: str
    tax: str
    total: str


class Statement(Struct, frozen=True, kw_only=True):
    """What a holder is to pay for a month: the transactions that ended in it, and the reservations that ended in it and
    nobody used, as they were known at `as_of`."""

    holder_id: str
    group: str
    name: str
    unit: str | None
    month: str
    time_zone: str
    begins_at: datetime
    ends_at: datetime
    as_of: datetime
    """Asked for again with this value, the statement is the same, whatever came since."""
    open: int
    """Transactions that ended in the month and are not sealed yet, now: as long as there are some, more may follow."""
    energy_wh: float
    totals: list[StatementTotal]
    lines: list[StatementLine]
    fees: list[StatementFee]
    digest: str
    """SHA-256 of the lines and fees: two statements with the same one say the same."""
