"""Tariffs: what charging costs, tried on past transactions, and the bills that came of them."""

from __future__ import annotations

import secrets
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange, etag
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.routes import Routes
from ohmstead.blocks.pricing import form as bill_form
from ohmstead.blocks.pricing import moments_of, running
from ohmstead.domain import tariffs as domain
from ohmstead.shapes.common import Page
from ohmstead.shapes.tariff import Bill, SimulateNew, Tariff, TariffChange, TariffNew
from ohmstead.store import tariffs as store
from ohmstead.store.resources import tariffs, transactions

routes = Routes("Tariffs")


@routes.get("/tariffs", scope="tariffs:read", everywhere=True)
async def list_tariffs(exchange: Exchange, query: PageQuery) -> Page[Tariff]:
    """Tariffs, each in its newest version."""
    found = await tariffs.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=position(query))
    return page(found, tariffs.form)


@routes.post("/tariffs", scope="tariffs:write", status=201, gives=Tariff, with_etag=True, everywhere=True)
async def create_tariff(exchange: Exchange, body: TariffNew) -> Answer:
    """Make a tariff. `default`: for every transaction whose token has none; it takes the place of the one before."""
    id = body.id or secrets.token_hex(6)
    _check(id, body)
    now = runtime.now()
    async with exchange.transaction() as tx:
        if await tariffs.last_version(tx, exchange.tenant_id, id):
            raise Refused("conflict", f"There is, or was, a tariff {id!r}; bills may name it. Choose another id.")
        await tariffs.add(tx, exchange.tenant_id, id, 1, body, now)
        await exchange.audit(tx, "tariff.create", id, body)
        row = _row(id, 1, body, now)
        return exchange.made(tariffs.form(row), Location=f"/api/v1/tariffs/{id}", ETag=etag(1))


def _row(id: str, version: int, said: TariffNew, now: int) -> dict[str, Any]:
    return {"id": id, "version": version, "body": msgspec.json.encode(said), "created_at": now}


def _check(id: str, said: TariffNew) -> domain.Tariff:
    """The tariff in the words of the rules. Raises Refused for what cannot be."""
    try:
        tariff = store.tariff_of(id, 0, said)
    except ValueError as error:
        raise invalid("/elements", f"a date does not exist: {error}") from None
    if tariff.min_price is not None and tariff.max_price is not None and tariff.min_price > tariff.max_price:
        raise invalid("/min_price", "is more than max_price")
    for place, one in enumerate(tariff.elements):
        if one.from_date and one.to_date and one.from_date > one.to_date:
            raise invalid(f"/elements/{place}/to_date", "lies before from_date")
    return tariff


@routes.get("/tariffs/{id}", scope="tariffs:read", gives=Tariff, with_etag=True, everywhere=True)
async def show_tariff(exchange: Exchange, id: str) -> Answer:
    """One tariff in its newest version."""
    row = await _find(exchange, id)
    return exchange.made(tariffs.form(row), status=200, ETag=etag(row["version"]))


@routes.add("PUT", "/tariffs/{id}", scope="tariffs:write", gives=Tariff, with_etag=True, matched=True, everywhere=True)
async def change_tariff(exchange: Exchange, id: str, body: TariffChange) -> Answer:
    """Make the next version of a tariff; transactions that run keep the one they began with."""
    row = await _find(exchange, id)
    exchange.match(row["version"])
    if body.id not in (None, id):
        raise invalid("/id", "a tariff keeps its id")
    _check(id, body)
    now, version = runtime.now(), row["version"] + 1
    async with exchange.transaction() as tx:
        if not await tariffs.end(tx, exchange.tenant_id, id, row["version"], now):
            raise Refused("precondition-failed", "It was changed in the same moment; read it again.")
        await tariffs.add(tx, exchange.tenant_id, id, version, body, now)
        await exchange.audit(tx, "tariff.change", id, body)
        return exchange.made(tariffs.form(_row(id, version, body, now)), status=200, ETag=etag(version))


@routes.delete("/tariffs/{id}", scope="tariffs:write", matched=True, everywhere=True)
async def delete_tariff(exchange: Exchange, id: str) -> None:
    """End a tariff: no transaction begins with it any more; its versions stay, bills name them."""
    row = await _find(exchange, id)
    exchange.match(row["version"])
    async with exchange.transaction() as tx:
        await tariffs.end(tx, exchange.tenant_id, id, row["version"], runtime.now())
        await exchange.audit(tx, "tariff.delete", id)


@routes.post("/tariffs/{id}/simulate", scope="tariffs:read", gives=Bill, everywhere=True)
async def simulate_tariff(exchange: Exchange, id: str, body: SimulateNew) -> Answer:
    """What a transaction would cost by this tariff, line by line; nothing is stored."""
    row = await _find(exchange, id)
    said = tariffs.form(row)
    found = await transactions.find(exchange.db, exchange.tenant_id, exchange.sites, body.transaction_id)
    if found is None or not exchange.caller.may("transactions:read"):
        raise not_found("transaction", body.transaction_id)
    one = transactions.decode(found["body"])
    zone = await store.zone_of(exchange.db, one.station_id)
    tariff = await store.version_of(exchange.db, exchange.tenant_id, id, said.version)
    assert tariff is not None
    moments = moments_of(one, await store.frames_of(exchange.db, one.id))
    reserved_at = await store.reserved_at(exchange.db, one)
    made = domain.bill(domain.tally_of(tariff, ZoneInfo(zone), moments, reserved_at), tariff)
    shown = bill_form(one, made, tariff, zone, runtime.now(), "simulated", None)
    return exchange.made(shown, status=200)


@routes.get("/transactions/{id}/bill", scope="transactions:read")
async def show_bill(exchange: Exchange, id: str) -> Bill:
    """What a transaction costs and why: its newest bill, while it is running what it costs so far."""
    one, latest = await _transaction_and_bills(exchange, id, 1)
    if latest.rows:
        return tariffs.bill_form(latest.rows[0])
    charge = await store.find_charge(exchange.db, one.id)
    if charge is None:
        raise Refused("not-found", f"Transaction {id} has no tariff: its token has none, and there was no default one.")
    if charge.switched:
        made = await running(exchange.db, charge, one, await store.frames_of(exchange.db, one.id))
    else:
        made = domain.bill(charge.tally, charge.tariff)
    return bill_form(one, made, charge.tariff, charge.time_zone, runtime.now(), "running", None)


@routes.get("/transactions/{id}/bills", scope="transactions:read")
async def list_bills(exchange: Exchange, id: str, query: PageQuery) -> Page[Bill]:
    """All versions of its bill, newest first: a later event makes a new one, none is overwritten."""
    _, found = await _transaction_and_bills(exchange, id, query.limit, position(query))
    return page(found, tariffs.bill_form)


async def _transaction_and_bills(exchange: Exchange, id: str, limit: int, cursor: Any = None) -> tuple[Any, Any]:
    row = await transactions.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("transaction", id)
    one = transactions.decode(row["body"])
    return one, await tariffs.bills_page(exchange.db, exchange.tenant_id, one.id, limit=limit, cursor=cursor)


async def _find(exchange: Exchange, id: str) -> dict[str, Any]:
    row = await tariffs.find(exchange.db, exchange.tenant_id, id)
    if row is None:
        raise not_found("tariff", id)
    return row
