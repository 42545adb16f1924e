"""Who calls: an API key, what it may do (scopes), and the sites it is limited to."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

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
    """The holder of an API key."""

    key_id: str
    name: str
    tenant_id: int
    scopes: frozenset[str]
    sites: tuple[int, ...] | None = None
    """The only sites whose stations it sees; None: all."""

    def may(self, scope: str) -> bool:
        return "admin" in self.scopes or scope in self.scopes

    def must(self, scope: str) -> None:
        """Raises Refused (403) unless the key has `scope`."""
        if not self.may(scope):
            raise Refused("forbidden", f"The key {self.name!r} lacks the scope {scope}.")

    def must_reach(self, site_id: int | None) -> None:
        """Raises Refused (403) when the key is limited to other sites."""
        if self.sites is not None and site_id not in self.sites:
            raise Refused("forbidden", f"The key {self.name!r} is limited to sites {list(self.sites)}.")


async def identify(context: Context, authorization: str | None) -> Caller:
    """The caller of an `Authorization` header. Raises Refused (401)."""
    scheme, _, key = (authorization or "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        detail = "Send an API key as `Authorization: Bearer <key>`; `ohmstead key add` makes one."
        raise Refused("unauthorized", detail, headers=CHALLENGE)
    bootstrap = context.settings.api.bootstrap_key
    if bootstrap and hmac.compare_digest(bootstrap.encode(), key.encode()):
        return Caller("bootstrap", "bootstrap key", DEFAULT_TENANT, frozenset({"admin"}))
    row = await keys.by_hash(context.db, context.passwords.hash(OWNER, key.encode()))
    if row is None:
        raise Refused("unauthorized", "This API key is not known or was revoked.", headers=CHALLENGE)
    sites = None if row["site_ids"] is None else tuple(msgspec.json.decode(row["site_ids"], type=list[int]))
    scopes = frozenset(msgspec.json.decode(row["scopes"], type=list[str]))
    return Caller(row["id"], row["name"], row["tenant_id"], scopes, sites)
