"""Tokens."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any
from urllib.parse import quote

from msgspec import UNSET, Meta, Struct
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, not_found
from ohmstead.api.resources.keys import reachable_sites
from ohmstead.api.routes import Routes
from ohmstead.ocpp.masking import MASK
from ohmstead.shapes.common import Page
from ohmstead.shapes.token import Token, TokenChange, TokenNew, TokenStatus, TokenType
from ohmstead.store.resources import tokens
from ohmstead.store.resources.listing import ON_THE_LOOP, Cursor, Found, page_within, within

routes = Routes("Tokens")


class TokenQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    q: Annotated[str, Meta(min_length=1, max_length=255, description="the beginning of tokens")] | None = None
    type: TokenType | None = None
    status: TokenStatus | None = None
    group: Annotated[str, Meta(min_length=1, max_length=255)] | None = None


class TypeQuery(Struct, frozen=True, forbid_unknown_fields=True):
    type: Annotated[TokenType, Meta(description="which one, where tokens of two types are written alike")] | None = None


@routes.get("/tokens", scope="tokens:read")
async def list_tokens(exchange: Exchange, query: TokenQuery) -> Page[Token]:
    """Tokens, ordered by their text; to a key that is limited to sites, those that count within them alone."""

    def turn(cursor: Cursor | None) -> Awaitable[Found]:
        return tokens.page(
            exchange.db, exchange.tenant_id, limit=max(query.limit, ON_THE_LOOP), cursor=cursor,
            q=query.q, type=query.type, status=query.status, group=query.group, limited=exchange.sites and True,
        )  # fmt: skip

    return page(await page_within(turn, exchange.sites, query.limit, position(query)), tokens.form)


@routes.post("/tokens", scope="tokens:write", status=201, gives=Token, with_etag=True)
async def create_token(exchange: Exchange, body: TokenNew) -> Answer:
    """Make a token known; a key that is limited to sites makes tokens that count there alone."""
    limited = await reachable_sites(exchange, body.site_ids)
    body = replace(body, site_ids=None if limited is None else [str(site) for site in limited])
    number, now = await exchange.context.ids.take(), runtime.now()
    async with exchange.transaction() as tx:
        if not await tokens.add(tx, exchange.tenant_id, number, body, now):
            raise Refused("conflict", f"There is a token {body.token!r} of type {body.type} already.")
        await exchange.audit(tx, "token.create", _subject(body.token, body.type), {"type": body.type})
        row = {"token": body.token, "type": body.type, "created_at": now, **tokens.columns(body)}
        return exchange.made(tokens.form(row), Location=f"/api/v1/tokens/{quote(body.token, safe='')}", ETag=etag(1))


def _subject(token: str, type: str) -> str:
    """How the audit log calls it: a code is a secret (C04.FR.04)."""
    return MASK if type == "KeyCode" else token


async def _to_change(exchange: Exchange, token: str, query: TypeQuery) -> dict[str, Any]:
    row = await _wanted(exchange, token, query)
    exchange.match(row["version"])
    return row


async def _wanted(exchange: Exchange, token: str, query: TypeQuery) -> dict[str, Any]:
    """The row of a token. Raises Refused: 404 for one that counts beyond the sites of the caller too."""
    found = await tokens.find(exchange.db, exchange.tenant_id, token, query.type)
    rows = [row for row in found if within(exchange.sites, row)]
    if not rows:
        raise not_found("token", token)
    if len(rows) > 1:
        types = ", ".join(row["type"] for row in rows)
        raise Refused("conflict", f"There are tokens {token!r} of the types {types}; say which with ?type=.")
    return rows[0]


@routes.get("/tokens/{token}", scope="tokens:read", gives=Token, with_etag=True)
async def show_token(exchange: Exchange, token: str, query: TypeQuery) -> Answer:
    """One token, compared without case."""
    row = await _wanted(exchange, token, query)
    return exchange.made(tokens.form(row), status=200, ETag=etag(row["version"]))


@routes.patch("/tokens/{token}", scope="tokens:write", gives=Token, with_etag=True, matched=True)
async def change_token(exchange: Exchange, token: str, query: TypeQuery, body: TokenChange) -> Answer:
    """Change a token; it counts from the next authorisation on."""
    row = await _to_change(exchange, token, query)
    if body.site_ids is None:
        exchange.caller.must_reach(None)
    elif body.site_ids is not UNSET:
        await reachable_sites(exchange, body.site_ids)
    values = tokens.columns(body)
    async with exchange.transaction() as tx:
        if values:
            if not await tokens.change(tx, exchange.tenant_id, row["id"], row["version"], values):
                raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
            await exchange.audit(
                tx, "token.change", _subject(row["token"], row["type"]), {"type": row["type"], **values}
            )
    return await show_token(exchange, token, TypeQuery(row["type"]))


@routes.delete("/tokens/{token}", scope="tokens:write", matched=True)
async def delete_token(exchange: Exchange, token: str, query: TypeQuery) -> None:
    """Forget a token; transactions keep its text."""
    row = await _to_change(exchange, token, query)
    async with exchange.transaction() as tx:
        if not await tokens.remove(tx, exchange.tenant_id, row["id"], row["version"]):
            raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
        await exchange.audit(tx, "token.delete", _subject(row["token"], row["type"]), {"type": row["type"]})
