"""Who calls: an API key or a user, what it may do (scopes), and the sites it is limited to."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from ohmstead import runtime
from ohmstead.api.problems import Refused
from ohmstead.store.resources import keys
from ohmstead.store.tables.meta import DEFAULT_TENANT

if TYPE_CHECKING:
    from ohmstead.api.context import Context

OWNER = "api-key"
"""The salt of all API keys' hashes: a key is found by its hash."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="ohmstead"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of an API key, or a user of the console."""

    key_id: str
    """Of the key, or of the user."""
    name: str
    tenant_id: int
    scopes: frozenset[str]
    sites: tuple[int, ...] | None = None
    """The only sites whose stations it sees; None: all."""
    kind: Literal["key", "user"] = "key"
    digest: str | None = field(default=None, compare=False, repr=False)
    """The hash under which its key is known."""
    expires_at: int | None = None
    """When its key stops by itself; None: never."""

    @property
    def actor(self) -> str:
        """As the audit calls it."""
        return f"{self.kind}:{self.key_id}"

    def may(self, scope: str) -> bool:
        return "admin" in self.scopes or scope in self.scopes

    def must(self, scope: str) -> None:
        """Raises Refused (403) unless the key has `scope`."""
        if not self.may(scope):
            raise Refused("forbidden", f"The {self.kind} {self.name!r} lacks the scope {scope}.")

    def must_be_first(self) -> None:
        """Raises Refused (403) unless it is of the first tenant: the whole of Ohmstead is its business alone."""
        if self.tenant_id != DEFAULT_TENANT:
            raise Refused("forbidden", "This is for the first tenant alone.")

    def must_be_everywhere(self) -> None:
        """Raises Refused (403) when it is limited to sites: what belongs to none of them is not its business."""
        if self.sites is not None:
            detail = f"The {self.kind} {self.name!r} is limited to sites {list(self.sites)}; this belongs to all."
            raise Refused("forbidden", detail)

    def must_reach(self, site_id: int | None) -> None:
        """Raises Refused (403) when the key is limited to other sites."""
        if self.sites is not None and site_id not in self.sites:
            raise Refused("forbidden", f"The {self.kind} {self.name!r} is limited to sites {list(self.sites)}.")


async def identify(context: Context, authorization: str | None) -> Caller:
    """The caller of an `Authorization` header. Raises Refused (401)."""
    scheme, _, key = (authorization or "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        detail = "Send an API key as `Authorization: Bearer <key>`; `ohmstead key add` makes one."
        raise Refused("unauthorized", detail, headers=CHALLENGE)
    caller = await by_key(context, key)
    if caller is None:
        raise Refused("unauthorized", "This API key is not known, was revoked or has expired.", headers=CHALLENGE)
    return caller


async def by_key(context: Context, key: str) -> Caller | None:
    """The holder of an API key; None when it is not known, was revoked or has expired."""
    return await by_digest(context, context.passwords.hash(OWNER, key.encode()))


async def by_digest(context: Context, digest: str) -> Caller | None:
    """The holder of the key with this hash."""
    bootstrap = context.settings.api.bootstrap_key
    if bootstrap and hmac.compare_digest(context.passwords.hash(OWNER, bootstrap.encode()), digest):
        return Caller("bootstrap", "bootstrap key", DEFAULT_TENANT, frozenset({"admin"}), digest=digest)
    row = await keys.by_hash(context.db, digest, runtime.now())
    if row is None:
        return None
    sites = None if row["site_ids"] is None else tuple(msgspec.json.decode(row["site_ids"], type=list[int]))
    scopes = frozenset(msgspec.json.decode(row["scopes"], type=list[str]))
    return Caller(row["id"], row["name"], row["tenant_id"], scopes, sites, digest=digest, expires_at=row["expires_at"])
