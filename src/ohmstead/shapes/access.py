"""API keys, and the audit of what was done with them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct

from ohmstead.shapes.common import SiteId, Text255

Scope = Literal[
    "admin",
    "stations:read",
    "stations:write",
    "tokens:read",
    "tokens:write",
    "transactions:read",
    "transactions:write",
    "commands:read",
    "commands:write",
    "certificates:read",
    "certificates:write",
    "sites:read",
    "sites:write",
    "messages:read",
    "events:read",
    "alerts:read",
    "alerts:write",
    "metrics:read",
    "keys:read",
    "keys:write",
    "audit:read",
    "campaigns:read",
    "campaigns:write",
    "contracts:read",
    "contracts:write",
    "tariffs:read",
    "tariffs:write",
    "webhooks:read",
    "webhooks:write",
    "test_bench:read",
    "test_bench:write",
    "files:read",
    "files:write",
]
"""What a key may do; `admin` is everything."""
SCOPES: tuple[str, ...] = get_args(Scope)


class KeyNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text255
    scopes: Annotated[list[Scope], Meta(min_length=1)]
    site_ids: list[SiteId] | None = None
    """The only sites whose stations the key sees; null: all."""


class Key(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    scopes: list[str]
    site_ids: list[str] | None
    created_at: datetime
    revoked_at: datetime | None


class KeyMade(Key, frozen=True, kw_only=True):
    """A new key; `key` is shown only this once."""

    key: str


class AuditEntry(Struct, frozen=True, kw_only=True):
    """Who did what to what."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Any
