"""Contracts of Plug & Charge: which vehicle may charge on whose account."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.routes import Routes
from ohmstead.domain import emaid as rules
from ohmstead.shapes.common import Page
from ohmstead.shapes.contract import Contract, ContractNew
from ohmstead.store.db import Event, encode
from ohmstead.store.resources import contracts

routes = Routes("Contracts")


class ContractQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pcid: Annotated[str, Meta(max_length=18, description="id of the vehicle's certificate")] | None = None


@routes.get("/contracts", scope="contracts:read", everywhere=True)
async def list_contracts(exchange: Exchange, query: ContractQuery) -> Page[Contract]:
    """Contracts, revoked and expired ones too."""
    pcid = None if query.pcid is None else query.pcid.upper()
    found = await contracts.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=position(query), pcid=pcid)
    now = runtime.now()
    return page(found, lambda row: contracts.form(row, now))


@routes.post("/contracts", scope="contracts:write", status=201, gives=Contract, everywhere=True)
async def create_contract(exchange: Exchange, body: ContractNew) -> Answer:
    """Make a contract: the vehicle gets its certificate when it asks a station for it, if it speaks ISO 15118-2; for
    -20 there must be a pool (`plugcharge.provider`)."""
    emaid = rules.normal(body.emaid)
    if emaid is None:
        raise invalid("/emaid", "is no eMAID: two letters, three and nine letters or digits, perhaps a check digit")
    if await contracts.find(exchange.db, exchange.tenant_id, emaid) is not None:
        raise Refused("conflict", f"There is, or was, a contract {rules.shown(emaid)}.")
    if body.token is not None and not await contracts.is_token(exchange.db, exchange.tenant_id, body.token):
        raise invalid("/token", f"there is no token {body.token!r}")
    token_id = await exchange.context.ids.take() if body.token is None else None
    now = runtime.now()
    values: dict[str, Any] = {
        "emaid": emaid,
        "pcid": body.pcid.upper(),
        "token": body.token or emaid,
        "energy_transfer": body.energy_transfer,
        "valid_until": None if body.valid_until is None else runtime.from_datetime(body.valid_until),
    }
    async with exchange.transaction() as tx:
        await contracts.add(tx, exchange.tenant_id, values, token_id=token_id, now=now)
        await exchange.audit(tx, "contract.create", emaid, {"pcid": values["pcid"], "token": values["token"]})
        nothing = {"state": "active", "certificates": 0, "issued_at": 0, "created_at": now, "revoked_at": None}
        stored = {**values, "energy_transfer": values["energy_transfer"] and encode(values["energy_transfer"])}
        shown = contracts.form(stored | nothing, now)
        tx.emit(Event(exchange.tenant_id, "ohmstead.contract.created", None, now, encode(shown)))
        return exchange.made(shown, Location=f"/api/v1/contracts/{emaid}")


@routes.get("/contracts/{emaid}", scope="contracts:read", everywhere=True)
async def show_contract(exchange: Exchange, emaid: str) -> Contract:
    """One contract; the eMAID with or without hyphens and check digit."""
    return contracts.form(await _find(exchange, emaid), runtime.now())


@routes.post("/contracts/{emaid}/revoke", scope="contracts:write", gives=Contract, everywhere=True)
async def revoke_contract(exchange: Exchange, emaid: str) -> Answer:
    """Revoke it: its certificates authorise nobody from now on, and no more are issued; a second time too."""
    row = await _find(exchange, emaid)
    now = runtime.now()
    async with exchange.transaction() as tx:
        done = await contracts.revoke(tx, exchange.tenant_id, row["emaid"], now)
        changed = row | {"state": "revoked", "revoked_at": now} if done else row
        shown = contracts.form(changed, now)
        if done:
            tx.emit(Event(exchange.tenant_id, "ohmstead.contract.revoked", None, now, encode(shown)))
        await exchange.audit(tx, "contract.revoke", row["emaid"])
        return exchange.made(shown, status=200)


async def _find(exchange: Exchange, emaid: str) -> dict[str, Any]:
    row = await contracts.find(exchange.db, exchange.tenant_id, emaid)
    if row is None:
        raise not_found("contract", emaid)
    return row
