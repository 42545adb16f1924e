"""Webhooks: who is told of events, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import SiteId

HookUrl = Annotated[str, Meta(max_length=2000, pattern=r"^https?://[^\s/?#@]+([/?][^\s#]*)?(?!\n)$")]
EventTypes = Annotated[
    list[Annotated[str, Meta(max_length=100, pattern=r"^(\*|ohmstead\.[a-z0-9_.]*\*?)(?!\n)$")]],
    Meta(min_length=1, max_length=50, description="types of events; a `*` at the end stands for anything"),
]
DeliveryState = Literal["waiting", "delivered", "dead"]


class WebhookNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: HookUrl
    types: EventTypes
    site_ids: list[SiteId] | None = None
    """The only sites whose stations' events are sent; null: all that the key may see."""
    enabled: bool = True


class WebhookChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: HookUrl | UnsetType = UNSET
    types: EventTypes | UnsetType = UNSET
    site_ids: list[SiteId] | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class Webhook(Struct, frozen=True, kw_only=True):
    id: str
    url: str
    types: list[str]
    site_ids: list[str] | None
    enabled: bool
    disabled_reason: str | None
    """Why Ohmstead turned it off; null while it is on, or when a person did."""
    failures: int
    """Rounds in a row in which nothing got through."""
    delivered_at: datetime | None
    """When something last got through."""
    sequence: int
    """The last event of the feed that was looked at for it."""
    created_at: datetime


class WebhookMade(Webhook, frozen=True, kw_only=True):
    """A webhook with its secret, which is shown only this once."""

    secret: str


class Delivery(Struct, frozen=True, kw_only=True):
    """One event for one webhook."""

    id: str
    event_id: str
    type: str
    subject: str | None
    state: DeliveryState
    attempts: int
    status: int | None
    """HTTP status of the last answer."""
    error: str | None
    """Why the last attempt failed."""
    created_at: datetime
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
