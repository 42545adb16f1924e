"""Signing in at an OpenID Connect provider: there with `state`, `nonce` and PKCE, and back with a code.

The three of them follow from one secret in a cookie of the browser that began, by the server's key. The database keeps
its hash until it is used: each sign-in ends once, within ten minutes, and in that browser alone.
"""

from __future__ import annotations

import hmac
import secrets
from html import escape
from typing import Annotated, Any, NamedTuple

from msgspec import Meta, Struct

from ohmstead import runtime
from ohmstead.api import signed_in
from ohmstead.api.claims import Person, person
from ohmstead.api.context import Context
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.oidc import Provider
from ohmstead.api.problems import Refused
from ohmstead.api.routes import Routes
from ohmstead.shapes.access import SignInOptions, SignInProvider
from ohmstead.store.db import Tx
from ohmstead.store.fleet import find_tenant
from ohmstead.store.resources import audit, provider_users, sign_ins
from ohmstead.store.tables.meta import DEFAULT_TENANT

routes = Routes("Sign-in")

PATH = "/api/v1/sign-in/oidc"
COOKIE, KIND, PATIENCE_S = "ohmstead_oidc", "oidc", 600
SAFE = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff"}
Word = Annotated[str, Meta(max_length=4096)]


class CallbackQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """What the provider sends the browser back with (RFC 6749, 4.1.2; RFC 9207)."""

    state: Word = ""
    code: Word = ""
    iss: Word | None = None
    error: Word | None = None


class Words(NamedTuple):
    """What a sign-in at the provider is known by."""

    state: str
    nonce: str
    verifier: str


@routes.get("/sign-in/options", scope=None)
async def show_sign_in_options(exchange: Exchange) -> SignInOptions:
    """How one may sign in here beside a password or an API key."""
    found = exchange.context.oidc
    return SignInOptions(provider=None if found is None else SignInProvider(label=found.settings.label, path=PATH))


@routes.get("/sign-in/oidc", scope=None, status=303, gives=str, media_type="text/html")
async def begin_sign_in_at_provider(exchange: Exchange) -> Answer:
    """Send a browser to the OpenID Connect provider."""
    try:
        provider, context, now = _provider(exchange), exchange.context, runtime.now()
        secret = secrets.token_urlsafe(32)
        address = await provider.address(*_words(context, secret))
        async with context.db.transaction() as tx:
            digest = signed_in.digest(context, secret)
            until = now + PATIENCE_S * 1_000_000
            await sign_ins.add(tx, DEFAULT_TENANT, digest, KIND, user_id=None, key_hash=None, now=now, expires_at=until)
    except Refused as refused:
        return _shown(exchange, refused)
    # Lax: the provider sends the browser back here, from its own site
    cookie = f"{COOKIE}={secret}; Path={PATH}; HttpOnly; SameSite=Lax; Max-Age={PATIENCE_S}{_secure(provider)}"
    return Answer(status=303, headers={"Location": address, "Set-Cookie": cookie}, media_type="text/html")


@routes.get("/sign-in/oidc/callback", scope=None, status=303, gives=str, media_type="text/html")
async def end_sign_in_at_provider(exchange: Exchange, query: CallbackQuery) -> Answer:
    """Where the provider sends the browser back to: the answer sets the cookie of a session, and leads home."""
    try:
        provider, context = _provider(exchange), exchange.context
        words = await _begun(exchange, query.state)
        await provider.check_issuer(query.iss)
        if query.error is not None or not query.code:
            raise Refused("unauthorized", f"The provider did not sign you in: {(query.error or 'no code')[:100]!r}.")
        claims = await provider.claims(query.code, words.nonce, words.verifier)
        cookie = await _enter(context, provider, claims)
    except Refused as refused:
        return _shown(exchange, refused)
    header = signed_in.set_cookie(cookie, provider.settings.session, bool(_secure(provider)))
    return Answer(status=303, headers={"Location": "/", "Set-Cookie": header}, media_type="text/html")


def _provider(exchange: Exchange) -> Provider:
    found = exchange.context.oidc
    if found is None:
        raise Refused("not-found", "No OpenID Connect provider is set (oidc.issuer).")
    taken = exchange.context.at_provider.take("all")
    if not taken.allowed:
        detail = "Too many sign-ins at the provider at once."
        raise Refused("too-many-requests", detail, headers={"Retry-After": str(taken.reset_s)})
    return found


def _words(context: Context, secret: str) -> Words:
    return Words(*(context.passwords.hash(f"oidc-{word}", secret.encode()) for word in Words._fields))


async def _begun(exchange: Exchange, state: str) -> Words:
    """The words of the sign-in that this browser began, which is used up by it. Raises Refused (401)."""
    context = exchange.context
    secret = signed_in.cookie_of(exchange.headers, COOKIE) or ""
    words = _words(context, secret)
    same = bool(secret) and hmac.compare_digest(words.state.encode(), state.encode())
    digest = signed_in.digest(context, secret)
    if not same or await sign_ins.find(context.db, digest, KIND, runtime.now()) is None:
        raise Refused("unauthorized", "This browser began no such sign-in, or it is too old; begin again.")
    async with context.db.transaction() as tx:
        if not await sign_ins.remove(tx, digest):
            raise Refused("unauthorized", "This sign-in was used already; begin again.")
    return words


async def _enter(context: Context, provider: Provider, claims: dict[str, Any]) -> str:
    """Make or change the user of a person, and a session of theirs; its secret. Raises Refused (403): then all sessions
    that they had have ended."""
    issuer, number = provider.settings.issuer, await context.ids.take()
    try:
        who = person(claims, provider.settings)
        tenant = DEFAULT_TENANT if who.tenant is None else await find_tenant(context.db, who.tenant)
        if tenant is None:
            raise Refused("forbidden", f"There is no tenant {who.tenant!r} here.")
    except Refused:
        async with context.db.transaction() as tx:
            await sign_ins.remove_of_subject(tx, issuer, claims["sub"])
        raise
    async with context.db.transaction() as tx:
        user = await _user(tx, tenant, issuer, who)
        caller = signed_in.of_user(user)
        cookie = await signed_in.begin(context, tx, caller, signed_in.SESSION, provider.settings.session)
        told = {"with": "provider", "role": who.role, "sites": who.sites}
        await audit.add(tx, tenant, number, runtime.now(), caller.actor, "sign-in", caller.key_id, told)
    return cookie


async def _user(tx: Tx, tenant: int, issuer: str, who: Person) -> dict[str, Any]:
    """The user's row, as the provider has it now. Who moved to another tenant is signed out of the one before."""
    found = await provider_users.find(tx, tenant, issuer, who.subject)
    if found is None:
        await sign_ins.remove_of_subject(tx, issuer, who.subject)
        return await provider_users.add(tx, tenant, issuer, who.subject, who.name, who.role, who.sites, runtime.now())
    return await provider_users.change(tx, found, who.role, who.sites)


def _secure(provider: Provider) -> str:
    return "; Secure" if provider.redirect_uri.startswith("https:") else ""


def _shown(exchange: Exchange, refused: Refused) -> Answer:
    """The refusal as a page, for a browser; else it is raised again, and becomes a problem document."""
    if "text/html" not in exchange.headers.get("accept", ""):
        raise refused
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Not signed in</title></head><body><main>'
        f"<h1>Not signed in</h1><p>{escape(refused.detail)}</p><p>Request {escape(exchange.request_id)}</p>"
        '<p><a href="/">Back to the console</a></p></main></body></html>'
    )
    return Answer(page.encode(), refused.status, {**SAFE, **refused.headers}, "text/html")
