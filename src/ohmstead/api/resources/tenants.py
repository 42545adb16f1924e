"""Tenants: made by the administrators of the first one, and by nobody else."""

from __future__ import annotations

import secrets

from ohmstead import runtime
from ohmstead.api.auth import OWNER
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery
from ohmstead.api.problems import Refused
from ohmstead.api.routes import Routes
from ohmstead.shapes.common import Page
from ohmstead.shapes.tenant import Tenant, TenantMade, TenantNew
from ohmstead.store.resources import audit, keys, tenants
from ohmstead.store.tables.meta import DEFAULT_TENANT

routes = Routes("Tenants")

MOST = 1000


@routes.get("/tenants", scope="admin", everywhere=True)
async def list_tenants(exchange: Exchange, query: PageQuery) -> Page[Tenant]:
    """All tenants, for the first one; any other sees itself."""
    found = await tenants.every(exchange.db)
    mine = [one for one in found if exchange.tenant_id in (DEFAULT_TENANT, one[0])]
    return Page(data=[_shown(exchange, *one) for one in mine], next_cursor=None)


@routes.post("/tenants", scope="admin", status=201, gives=TenantMade, everywhere=True)
async def create_tenant(exchange: Exchange, body: TenantNew) -> Answer:
    """Make a tenant, and the key that may do everything there: shown only in this answer."""
    exchange.caller.must_be_first()
    numbers = [number for number, _ in await tenants.every(exchange.db)]
    if len(numbers) >= MOST:
        raise Refused("conflict", f"There are {MOST} tenants already.")
    number, audit_number = max(numbers) + 1, await exchange.context.ids.take()
    secret, id, now = f"ohm_{secrets.token_urlsafe(32)}", f"key_{secrets.token_hex(8)}", runtime.now()
    digest = exchange.context.passwords.hash(OWNER, secret.encode())
    async with exchange.transaction() as tx:
        if not await tenants.add(tx, number, body.name):
            raise Refused("conflict", f"There is a tenant {body.name!r} already.")
        await keys.add(tx, number, id, digest, name="first key", scopes=["admin"], sites=None, now=now)
        await audit.add(tx, number, audit_number, now, exchange.caller.actor, "key.create", id, {"scopes": ["admin"]})
        await exchange.audit(tx, "tenant.create", body.name)
        shown = _shown(exchange, number, body.name)
        return exchange.made(TenantMade(id=shown.id, name=shown.name, path=shown.path, key=secret), secret=True)


def _shown(exchange: Exchange, number: int, name: str) -> Tenant:
    path = exchange.context.settings.gateway.path.rstrip("/")
    return Tenant(id=str(number), name=name, path=f"{path}/" if number == DEFAULT_TENANT else f"{path}/{name}/")
