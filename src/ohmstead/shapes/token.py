"""Tokens: who may charge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import EvseReference, Limits, SiteId, Text255, Time

TokenType = Literal[
    "ISO14443",
    "ISO15693",
    "eMAID",
    "KeyCode",
    "Central",
    "Local",
    "MacAddress",
    "NoAuthorization",
    "DirectPayment",
    "EVCCID",
    "VIN",
]
TokenStatus = Literal["accepted", "blocked", "expired", "invalid", "no_credit"]
TokenText = Annotated[str, Meta(min_length=1, max_length=255, description="compared without case")]
Money = Annotated[str, Meta(pattern=r"^\d{1,9}(\.\d{1,4})?(?!\n)$", description="a decimal number")]
Seconds = Annotated[int, Meta(ge=0, le=31_536_000)]


class TokenNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to be known from now on."""

    token: TokenText
    type: TokenType = "ISO14443"
    status: TokenStatus = "accepted"
    group: TokenText | None = None
    expires_at: Time | None = None
    holder: Text255 | None = None
    tariff_id: Text255 | None = None
    limits: Limits | None = None
    credit: Money | None = None
    """Prepaid, in the currency of its tariff: counted down by what is billed, and at zero it is NoCredit."""
    concurrent: Annotated[int, Meta(ge=1)] | None = None
    """In so many transactions at once (ConcurrentTx); null: any number."""
    cache_s: Seconds | None = None
    """For how long stations may keep the answer (cacheExpiryDateTime)."""
    site_ids: list[SiteId] | None = None
    """The only sites where it may charge; null: everywhere."""
    evses: list[EvseReference] | None = None
    """The only EVSEs where it may charge; null: every one."""


class TokenChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: TokenStatus | UnsetType = UNSET
    group: TokenText | UnsetType | None = UNSET
    expires_at: Time | UnsetType | None = UNSET
    holder: Text255 | UnsetType | None = UNSET
    tariff_id: Text255 | UnsetType | None = UNSET
    limits: Limits | UnsetType | None = UNSET
    credit: Money | UnsetType | None = UNSET
    concurrent: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET
    cache_s: Seconds | UnsetType | None = UNSET
    site_ids: list[SiteId] | UnsetType | None = UNSET
    evses: list[EvseReference] | UnsetType | None = UNSET


class Token(Struct, frozen=True, kw_only=True):
    token: str
    type: TokenType
    status: TokenStatus
    group: str | None
    expires_at: datetime | None
    holder: str | None
    tariff_id: str | None
    limits: Limits | None
    credit: str | None
    concurrent: int | None
    cache_s: int | None
    site_ids: list[str] | None
    evses: list[EvseReference] | None
    created_at: datetime


class LocalList(Struct, frozen=True, kw_only=True):
    """The local authorisation list of a station, by what it accepted."""

    version: int
    entries: int | None
    """How many tokens it holds; null: nobody knows, the next list is sent whole."""
    reason: str | None
    """Why nobody knows: the station's answer to the last one."""
    tokens: list[str]
    updated_at: datetime
