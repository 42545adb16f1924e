"""Users of the console."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable
from typing import Any

from msgspec import UNSET

from ohmstead import runtime
from ohmstead.api import passwords
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, not_found
from ohmstead.api.resources.keys import reachable_sites
from ohmstead.api.routes import Routes
from ohmstead.api.signed_in import ROLES
from ohmstead.shapes.access import Role, User, UserChange, UserNew
from ohmstead.shapes.common import Page
from ohmstead.store.db import encode
from ohmstead.store.resources import sign_ins, users
from ohmstead.store.resources.listing import Cursor, Found, page_within, within

routes = Routes("Users")


@routes.get("/users", scope="users:read")
async def list_users(exchange: Exchange, query: PageQuery) -> Page[User]:
    """People who may sign in to the console; to a key that is limited to sites, those who are within them."""

    def turn(cursor: Cursor | None) -> Awaitable[Found]:
        return users.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=cursor)

    return page(await page_within(turn, exchange.sites, query.limit, position(query)), users.shown)


@routes.post("/users", scope="users:write", status=201, gives=User, with_etag=True)
async def create_user(exchange: Exchange, body: UserNew) -> Answer:
    """Let a person in. Nobody can give more than they have."""
    must_have(exchange, body.role)
    sites = await reachable_sites(exchange, body.site_ids)
    id, now = f"user_{secrets.token_hex(8)}", runtime.now()
    password_hash = await passwords.hashed(body.password)
    async with exchange.transaction() as tx:
        fields = {"name": body.name, "password_hash": password_hash, "role": body.role}
        if not await users.add(tx, exchange.tenant_id, id, **fields, sites=sites, now=now):
            raise Refused("conflict", f"There is a user {body.name!r} already.")
        await exchange.audit(tx, "user.create", id, {"name": body.name, "role": body.role})
        row = {"id": id, **fields, "site_ids": None if sites is None else encode(sites), "created_at": now}
        return exchange.made(users.shown(row), Location=f"/api/v1/users/{id}", ETag=etag(1))


def must_have(exchange: Exchange, role: Role) -> None:
    """Raises Refused (403) for a role that may do what the caller may not."""
    missing = [scope for scope in sorted(ROLES[role]) if not exchange.caller.may(scope)]
    if missing:
        raise Refused("forbidden", f"{exchange.caller.name!r} cannot give away {', '.join(missing)}.")


async def wanted(exchange: Exchange, id: str) -> dict[str, Any]:
    """The row of a user who may do no more than the caller. Raises Refused (404)."""
    row = await users.find(exchange.db, exchange.tenant_id, id)
    if row is None or not within(exchange.sites, row):
        raise not_found("user", id)
    return row


@routes.get("/users/{id}", scope="users:read", gives=User, with_etag=True)
async def show_user(exchange: Exchange, id: str) -> Answer:
    """One user."""
    row = await wanted(exchange, id)
    return exchange.made(users.shown(row), status=200, ETag=etag(row["version"]))


@routes.patch("/users/{id}", scope="users:write", gives=User, with_etag=True, matched=True)
async def change_user(exchange: Exchange, id: str, body: UserChange) -> Answer:
    """Change a user, who is signed out everywhere by it."""
    row = await wanted(exchange, id)
    exchange.match(row["version"])
    must_have(exchange, row["role"])
    if row["issuer"] is not None:
        raise Refused("conflict", f"Role and sites of {row['name']!r} come from {row['issuer']}; change them there.")
    values: dict[str, Any] = {}
    if body.role is not UNSET:
        must_have(exchange, body.role)
        values["role"] = body.role
    if body.site_ids is not UNSET:
        sites = await reachable_sites(exchange, body.site_ids)
        values["site_ids"] = None if sites is None else encode(sites)
    told = dict(values)
    if body.password is not UNSET:
        values["password_hash"] = await passwords.hashed(body.password)
        told["password"] = "changed"
    async with exchange.transaction() as tx:
        if values:
            if not await users.change(tx, exchange.tenant_id, id, row["version"], values):
                raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
            await sign_ins.remove_of_user(tx, id)
            await exchange.audit(tx, "user.change", id, told)
    return await show_user(exchange, id)


@routes.delete("/users/{id}", scope="users:write", matched=True)
async def delete_user(exchange: Exchange, id: str) -> None:
    """Take a user away; what they did stays in the audit."""
    row = await wanted(exchange, id)
    exchange.match(row["version"])
    must_have(exchange, row["role"])
    async with exchange.transaction() as tx:
        await users.remove(tx, exchange.tenant_id, id)
        await sign_ins.remove_of_user(tx, id)
        await exchange.audit(tx, "user.delete", id, {"name": row["name"]})
