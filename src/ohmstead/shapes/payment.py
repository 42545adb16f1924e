"""Ad hoc payments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ohmstead.shapes.common import Identity, Limits, Text255
from ohmstead.shapes.tariff import Currency, Money

PaymentState = Literal["pending", "authorized", "charging", "settled", "cancelled", "failed"]


class PaymentNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a kiosk has already reserved with a payment service: the station is asked to start (C24)."""

    station_id: Identity
    evse_id: Annotated[int, Meta(ge=1)]
    reference: Text255
    """Of the payment service; it becomes the token of type DirectPayment."""
    amount: Money
    currency: Currency
    limits: Limits | None = None
    """Beside the amount, which is never exceeded."""
    vat_number: Annotated[str, Meta(max_length=20)] | None = None


class Payment(Struct, frozen=True, kw_only=True):
    """A payment: reserved, charged for, and settled."""

    id: str
    station_id: str
    evse_id: int | None
    provider: str
    """Whose it is; `terminal`: of the station's own terminal."""
    reference: str
    state: PaymentState
    """`pending`: the payment service was asked to reserve, and its answer is not kept yet."""
    amount: str | None
    """Reserved; null where only the terminal knows."""
    currency: str | None
    transaction_id: str | None
    settled_amount: str | None
    settled_at: datetime | None
    vat_number: str | None
    receipt_url: str | None
    reason: str | None
    created_at: datetime


class WebPaymentNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a station makes its QR codes (C25)."""

    validity_s: Annotated[int, Meta(ge=10, le=3600, description="seconds that one code is shown")] = 60
    length: Annotated[int, Meta(ge=6, le=32, description="characters of its password")] = 8
