"""Signing in to the console: user and password, an API key, or a link that works once."""

from __future__ import annotations

import msgspec

from ohmstead import runtime
from ohmstead.api import passwords, signed_in
from ohmstead.api.auth import Caller, by_key
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.problems import Refused
from ohmstead.api.routes import Routes
from ohmstead.shapes.access import SignedIn, SignIn, SignInLink
from ohmstead.store.fleet import find_tenant
from ohmstead.store.resources import audit, sign_ins, users
from ohmstead.store.tables.meta import DEFAULT_TENANT

routes = Routes("Sign-in")

WRONG = "No user has this name and password, and no API key is this text."


@routes.post("/sign-in", scope=None, gives=SignedIn)
async def sign_in(exchange: Exchange, body: SignIn) -> Answer:
    """Sign a browser in: user and password, an API key as password alone, or a one-time link. The answer sets a cookie.

    It is no use to repeat it with an Idempotency-Key: a password is right or not.
    """
    caller = await _proven(exchange, body)
    context = exchange.context
    number = await context.ids.take()
    async with context.db.transaction() as tx:
        if body.link is not None and not await sign_ins.remove(tx, signed_in.digest(context, body.link)):
            raise Refused("unauthorized", "This link was used already.")
        cookie = await signed_in.begin(context, tx, caller, signed_in.SESSION, signed_in.SESSION_S)
        how = "link" if body.link is not None else caller.kind
        await audit.add(
            tx, caller.tenant_id, number, runtime.now(), caller.actor, "sign-in", caller.key_id, {"with": how}
        )
    header = signed_in.set_cookie(cookie, signed_in.SESSION_S, _is_secure(exchange))
    return Answer(msgspec.json.encode(_shown(exchange, caller, cookie)), headers={"Set-Cookie": header}, secret=True)


async def _proven(exchange: Exchange, body: SignIn) -> Caller:
    """Who they proved to be. Raises Refused (401, 429)."""
    context = exchange.context
    if body.link is not None:
        row = await sign_ins.find(context.db, signed_in.digest(context, body.link), signed_in.LINK, runtime.now())
        if row is None:
            raise Refused("unauthorized", "This link was used already, or it is too old.")
        return await signed_in.caller_behind(context, row)
    caller = await _of_user(exchange, body.user, body.password or "") if body.user else None
    if not body.user and body.password:
        caller = await by_key(context, body.password.strip())
    if caller is None:
        raise Refused("unauthorized", WRONG)
    return caller


async def _of_user(exchange: Exchange, name: str, password: str) -> Caller | None:
    taken = exchange.context.guesses.take(name.casefold())
    if not taken.allowed:
        detail = f"Too many tries for the user {name!r}; wait {taken.reset_s} s."
        raise Refused("too-many-requests", detail, headers={"Retry-After": str(taken.reset_s)})
    user = await users.by_name(exchange.db, *await _home(exchange, name))
    right = await passwords.matches(password, None if user is None else user["password_hash"])
    return signed_in.of_user(user) if user is not None and right else None


async def _home(exchange: Exchange, name: str) -> tuple[int, str]:
    """The tenant of a user, and the name there: `north/Ada` is Ada of north, and Ada is of the first tenant."""
    tenant, slash, own = name.partition("/")
    number = await find_tenant(exchange.db, tenant) if slash else None
    return (DEFAULT_TENANT, name) if number is None else (number, own)


def _shown(exchange: Exchange, caller: Caller, cookie: str) -> SignedIn:
    return SignedIn(
        name=caller.name,
        kind=caller.kind,
        scopes=sorted(caller.scopes),
        site_ids=None if caller.sites is None else [str(site) for site in caller.sites],
        csrf_token=signed_in.csrf_token(exchange.context, cookie),
    )


def _is_secure(exchange: Exchange) -> bool:
    """Whether the browser came by TLS, which ends before us."""
    return exchange.headers.get("x-forwarded-proto", "").strip().lower() == "https"


@routes.get("/sign-in", scope="stations:read")
async def show_sign_in(exchange: Exchange) -> SignedIn:
    """Who is signed in with the cookie; 401 where nobody is."""
    return _shown(exchange, exchange.caller, signed_in.cookie_of(exchange.headers) or "")


@routes.delete("/sign-in", scope=None, gives=type(None))
async def sign_out(exchange: Exchange) -> Answer:
    """Sign this browser out."""
    context, cookie = exchange.context, signed_in.cookie_of(exchange.headers)
    if cookie is not None:
        await signed_in.caller_of(context, exchange.headers, exchange.method)
        async with context.db.transaction() as tx:
            await sign_ins.remove(tx, signed_in.digest(context, cookie))
    return Answer(status=204, headers={"Set-Cookie": signed_in.set_cookie("", 0, _is_secure(exchange))})


@routes.post("/sign-in/links", scope="stations:read", status=201, gives=SignInLink)
async def create_sign_in_link(exchange: Exchange) -> Answer:
    """A link that signs one browser in as the caller, once, within an hour."""
    async with exchange.transaction() as tx:
        secret = await signed_in.begin(exchange.context, tx, exchange.caller, signed_in.LINK, signed_in.LINK_S)
        await exchange.audit(tx, "sign-in.link", exchange.caller.key_id)
        expires_at = runtime.to_datetime(runtime.now() + signed_in.LINK_S * 1_000_000)
        return exchange.made(SignInLink(path=f"/#link={secret}", expires_at=expires_at), secret=True)
