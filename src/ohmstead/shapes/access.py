"""API keys, users, who is signed in, and the audit of what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from msgspec import UNSET, Meta, Struct, UnsetType

from ohmstead.shapes.common import SiteId, Text255, Time

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
    "users:read",
    "users:write",
    "audit:read",
    "campaigns:read",
    "campaigns:write",
    "contracts:read",
    "contracts:write",
    "tariffs:read",
    "tariffs:write",
    "payments:read",
    "payments:write",
    "webhooks:read",
    "webhooks:write",
    "forwardings:read",
    "forwardings:write",
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
    expires_at: Time | None = None
    """When it stops by itself; null: never. No key outlives the one it was made with."""


class Key(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    scopes: list[str]
    site_ids: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class KeyMade(Key, frozen=True, kw_only=True):
    """A new key; `key` is shown only this once."""

    key: str


Role = Literal["viewer", "operator", "admin"]
UserName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^\S(.*\S)?(?!\n)$")]
UserPassword = Annotated[str, Meta(min_length=12, max_length=200, description="12 characters or more")]


class UserNew(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person who uses the console. `viewer` sees, `operator` also acts on stations, `admin` does everything."""

    name: UserName
    password: UserPassword
    role: Role = "viewer"
    site_ids: list[SiteId] | None = None
    """The only sites whose stations the user sees; null: all."""


class UserChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; a user whose password, role or sites change is signed out everywhere."""

    password: UserPassword | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    site_ids: list[SiteId] | UnsetType | None = UNSET


class User(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    role: Role
    site_ids: list[str] | None
    created_at: datetime
    issuer: str | None = None
    """The OpenID Connect provider that gives them their role and sites; null: a user with a password here."""


class SignInProvider(Struct, frozen=True, kw_only=True):
    """An OpenID Connect provider; a browser that opens `path` is sent there."""

    label: str
    path: str


class SignInOptions(Struct, frozen=True, kw_only=True):
    """How one may sign in beside a password or an API key."""

    provider: SignInProvider | None


class SignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """User and password; or an API key in `password` alone; or the text of a one-time link."""

    user: Annotated[str, Meta(max_length=100)] | None = None
    password: Annotated[str, Meta(max_length=500)] | None = None
    link: Annotated[str, Meta(max_length=200)] | None = None


class SignedIn(Struct, frozen=True, kw_only=True):
    """Who is signed in with the cookie. Requests that change something carry `csrf_token` as `X-CSRF-Token`."""

    name: str
    kind: Literal["key", "user"]
    scopes: list[str]
    site_ids: list[str] | None
    csrf_token: str


class SignInLink(Struct, frozen=True, kw_only=True):
    """A link that signs one browser in as who made it, once."""

    path: str
    """Below the address of the console; the secret stands behind `#`, which browsers do not send."""
    expires_at: datetime


class AuditEntry(Struct, frozen=True, kw_only=True):
    """Who did what to what."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Any
