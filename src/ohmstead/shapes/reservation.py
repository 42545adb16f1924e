"""Reservations: a place kept free for a token or its group."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import Identity, Text50, Time
from ohmstead.shapes.station import Station
from ohmstead.shapes.tariff import BillLine
from ohmstead.shapes.token import TokenText, TokenType

ReservationState = Literal["requested", "active", "used", "expired", "cancelled", "refused"]


class ReservationNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keep an EVSE, any connector of a type, or any EVSE of a station free."""

    station_id: Identity
    token: TokenText
    expires_at: Time
    token_type: TokenType | None = None
    """Null: that of the token as it is known, else Central."""
    evse_id: Annotated[int, Meta(ge=1)] | None = None
    """Null: any EVSE of the station."""
    connector_type: Text50 | None = None
    """cCCS2, cType2 ...; not in 1.6."""
    group: TokenText | None = None
    """Any token of this group may use it; null: the token's own group."""


class Reservation(Struct, frozen=True, kw_only=True):
    id: str
    station_id: str
    reservation_id: int
    """The number under which the station knows it."""
    evse_id: int | None
    connector_type: str | None
    token: str
    token_type: str | None
    group: str | None
    expires_at: datetime
    state: ReservationState
    reason: str | None
    """The station's word, where it refused (Occupied, Faulted ...), or why it is over."""
    transaction_id: str | None
    """Our id of the transaction that used it."""
    command_id: str | None
    """The command that asks the station for it."""
    created_at: datetime
    changed_at: datetime
    station: Station | UnsetType | None = UNSET
    """With `expand=station`; null: it is archived."""


class ReservationBill(Struct, frozen=True, kw_only=True):
    """What a reservation costs that no transaction used, line by line, by one version of a tariff."""

    reservation_id: str
    version: int
    reason: Literal["expired", "not_charged", "used"]
    """not_charged: it was used, and nobody charged (NoTransaction); used: a transaction came after all, with a bill of
    its own: this one costs nothing any more."""
    made_at: datetime
    station_id: str
    evse_id: int | None
    token: str
    tariff_id: str
    tariff_version: int
    time_zone: str
    reserved_at: datetime
    ended_at: datetime
    currency: str
    lines: list[BillLine]
    net: str
    tax: str
    total: str
