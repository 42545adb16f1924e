"""Who is signed in with a browser: a cookie that scripts cannot read, and a token against forged requests.

The cookie is a random text of which the database keeps a keyed hash. What it may do is looked up for every request, so
a key that is revoked or a user who is changed loses it at once. A page of somebody else cannot make a browser act:
the cookie stays at home (SameSite=Strict), and what changes something needs `X-CSRF-Token` beside it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from ohmstead import runtime
from ohmstead.api.auth import CHALLENGE, Caller, by_digest, identify
from ohmstead.api.problems import Refused
from ohmstead.shapes.access import SCOPES
from ohmstead.store.resources import sign_ins, users

if TYPE_CHECKING:
    from ohmstead.api.context import Context
    from ohmstead.store.db import Tx

COOKIE = "ohmstead_session"
SESSION, LINK = "session", "link"
SESSION_S, LINK_S = 12 * 3600, 3600
SAFE = frozenset({"GET", "HEAD"})
_READ = frozenset(scope for scope in SCOPES if scope.endswith(":read") and scope not in ("keys:read", "users:read"))
_ACT = ("stations", "commands", "tokens", "transactions", "certificates", "sites", "alerts")
ROLES = {
    "viewer": _READ - {"audit:read"},
    "operator": _READ | {f"{what}:write" for what in _ACT},
    "admin": frozenset({"admin"}),
}
"""What a user of each role may do."""


async def caller_of(context: Context, headers: Mapping[str, str], method: str) -> Caller:
    """Who makes a request: by its API key, else by the cookie of a browser that is signed in. Raises Refused."""
    cookie = cookie_of(headers)
    if "authorization" in headers or cookie is None:
        return await identify(context, headers.get("authorization"))
    row = await sign_ins.find(context.db, digest(context, cookie), SESSION, runtime.now())
    if row is None:
        raise Refused("unauthorized", "You are not signed in any more; sign in again.", headers=CHALLENGE)
    if method not in SAFE:
        given = headers.get("x-csrf-token", "").encode()
        if not hmac.compare_digest(given, csrf_token(context, cookie).encode()):
            raise Refused("forbidden", "X-CSRF-Token must be the csrf_token of GET /sign-in.")
    return await caller_behind(context, row)


async def caller_behind(context: Context, row: Mapping[str, Any]) -> Caller:
    """The caller behind a sign-in or a link. Raises Refused (401) when the key or the user is gone."""
    if row["user_id"] is None:
        caller = await by_digest(context, row["key_hash"])
    else:
        user = await users.find(context.db, row["tenant_id"], row["user_id"])
        caller = None if user is None else of_user(user)
    if caller is None:
        raise Refused("unauthorized", "What you signed in with was revoked.", headers=CHALLENGE)
    return caller


def of_user(user: Mapping[str, Any]) -> Caller:
    return Caller(user["id"], user["name"], user["tenant_id"], ROLES[user["role"]], users.sites_of(user), kind="user")


def cookie_of(headers: Mapping[str, str], name: str = COOKIE) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return None if found is None or not found.value else found.value


def digest(context: Context, secret: str) -> str:
    return context.passwords.hash("sign-in", secret.encode())


def csrf_token(context: Context, cookie: str) -> str:
    """Follows from the cookie, so that nothing is stored; who has the one cannot guess the other."""
    return context.passwords.hash("csrf", cookie.encode())


async def begin(context: Context, tx: Tx, caller: Caller, kind: str, seconds: int) -> str:
    """Make a session or a link of `caller`; its secret."""
    secret, now = secrets.token_urlsafe(32), runtime.now()
    await sign_ins.add(
        tx,
        caller.tenant_id,
        digest(context, secret),
        kind,
        user_id=caller.key_id if caller.kind == "user" else None,
        key_hash=caller.digest,
        now=now,
        expires_at=now + seconds * 1_000_000,
    )
    return secret


def set_cookie(secret: str, seconds: int, secure: bool) -> str:
    """The header that sets the cookie; empty and 0 seconds: that takes it away."""
    attributes = f"; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}"
    return f"{COOKIE}={secret}{attributes}{'; Secure' if secure else ''}"
