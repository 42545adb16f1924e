"""Vehicles, charging needs, prices of sites, and the plan of the hours to come."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.api.exchange import Answer, Exchange
from ohmstead.api.paging import PageQuery, page, position
from ohmstead.api.problems import Refused, invalid, not_found
from ohmstead.api.resources.energy import check_order, ring, site_row
from ohmstead.api.resources.stations import wanted
from ohmstead.api.routes import Routes
from ohmstead.domain.needs import OPEN, Need
from ohmstead.energy.planner import estimated
from ohmstead.energy.sites import load_roots
from ohmstead.shapes import needs as shape
from ohmstead.shapes.common import Identity, Page
from ohmstead.store import planning
from ohmstead.store.forms import need_form
from ohmstead.store.resources import charging_needs, vehicles

routes = Routes("Planning")
ANY_SITE = 0
"""Rung for a need whose site is not known: the planner looks at all of them."""


class NeedQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: Identity | None = None
    state: shape.NeedState | None = None


# ---------------------------------------------------------------------- vehicles


@routes.get("/vehicles", scope="sites:read", everywhere=True)
async def list_vehicles(exchange: Exchange, query: PageQuery) -> Page[shape.Vehicle]:
    """Vehicles, known by the tokens with which they charge."""
    found = await vehicles.page(exchange.db, exchange.tenant_id, limit=query.limit, cursor=position(query))
    return page(found, vehicles.form)


@routes.post("/vehicles", scope="sites:write", status=201, gives=shape.Vehicle, everywhere=True)
async def create_vehicle(exchange: Exchange, body: shape.VehicleNew) -> Answer:
    """Add a vehicle."""
    number = await exchange.context.ids.take()
    async with exchange.transaction() as tx:
        row = await vehicles.add(tx, exchange.tenant_id, number, body, runtime.now())
        await exchange.audit(tx, "vehicle.create", str(number), {"name": body.name})
        return exchange.made(vehicles.form(row), Location=f"/api/v1/vehicles/{number}")


@routes.get("/vehicles/{id}", scope="sites:read", everywhere=True)
async def show_vehicle(exchange: Exchange, id: str) -> shape.Vehicle:
    """One vehicle."""
    return vehicles.form(await _vehicle(exchange, id))


@routes.delete("/vehicles/{id}", scope="sites:write", everywhere=True)
async def delete_vehicle(exchange: Exchange, id: str) -> None:
    """Remove a vehicle; a need that waits for it waits in vain."""
    row = await _vehicle(exchange, id)
    async with exchange.transaction() as tx:
        await vehicles.remove(tx, exchange.tenant_id, row["id"])
        await exchange.audit(tx, "vehicle.delete", id)


async def _vehicle(exchange: Exchange, id: str) -> dict[str, Any]:
    row = await vehicles.find(exchange.db, exchange.tenant_id, id)
    if row is None:
        raise not_found("vehicle", id)
    return row


# ---------------------------------------------------------------------- charging needs


@routes.get("/charging-needs", scope="sites:read")
async def list_charging_needs(exchange: Exchange, query: NeedQuery) -> Page[shape.ChargingNeed]:
    """Charging needs, newest first. A key that is limited to sites sees those of their stations."""
    found = await charging_needs.page(
        exchange.db, exchange.tenant_id, exchange.sites, limit=query.limit, cursor=position(query),
        station_id=query.station_id, state=query.state,
    )  # fmt: skip
    return page(found, charging_needs.form)


@routes.post("/charging-needs", scope="sites:write", status=201, gives=shape.ChargingNeed)
async def create_charging_need(exchange: Exchange, body: shape.ChargingNeedNew) -> Answer:
    """Promise energy by a time. If its car is there, `feasible` and `expected_wh` say at once what is to be expected;
    the plan follows within a second, and `ohmstead.charging_need.at_risk` when it cannot be kept any more."""
    need, site = await _made(exchange, body)
    expected = await estimated(exchange.db, need, need.created_at)
    async with exchange.transaction() as tx:
        await tx.execute_all([planning.need_put(need, need.created_at)])  # the planner follows, and tells the feed
        await exchange.audit(tx, "charging_need.create", str(need.id), {"energy_wh": need.energy_wh})
        ring(tx, ANY_SITE if site is None else site)
    shown = need_form(expected, body.station_id)
    return exchange.made(shown, status=201, Location=f"/api/v1/charging-needs/{need.id}")


async def _made(exchange: Exchange, body: shape.ChargingNeedNew) -> tuple[Need, int | None]:
    """The need, and the site of its station. Raises Refused."""
    if sum(one is not None for one in (body.station_id, body.vehicle_id, body.token)) != 1:
        raise invalid("/station_id", "give one of station_id, vehicle_id and token")
    if (body.energy_wh is None) == (body.soc_percent is None):
        raise invalid("/energy_wh", "give one of energy_wh and soc_percent")
    now, ready_by = runtime.now(), runtime.from_datetime(body.ready_by)
    if ready_by <= now:
        raise invalid("/ready_by", "must be in the future")
    station = None if body.station_id is None else await wanted(exchange, body.station_id)
    if station is None:
        exchange.caller.must_reach(None)
    vehicle = None if body.vehicle_id is None else await vehicles.find(exchange.db, exchange.tenant_id, body.vehicle_id)
    if body.vehicle_id is not None and vehicle is None:
        raise invalid("/vehicle_id", f"there is no vehicle {body.vehicle_id!r}")
    need = Need(
        id=await exchange.context.ids.take(), tenant_id=exchange.tenant_id,
        station_id=None if station is None else station["id"], evse_id=body.evse_id,
        vehicle_id=None if vehicle is None else vehicle["id"], token=body.token, energy_wh=_energy(body, vehicle),
        soc_percent=body.soc_percent, ready_by=ready_by, priority=body.priority, created_at=now, updated_at=now,
    )  # fmt: skip
    return need, None if station is None else station["site_id"]


def _energy(body: shape.ChargingNeedNew, vehicle: dict[str, Any] | None) -> float:
    if body.energy_wh is not None:
        return body.energy_wh
    battery = None if vehicle is None else vehicle["battery_wh"]
    if battery is None or body.soc_percent is None:
        raise invalid("/soc_percent", "needs a vehicle_id whose battery_wh is known")
    energy: float = battery * (body.soc_percent - body.soc_now_percent) / 100
    if energy <= 0:
        raise invalid("/soc_now_percent", "is not below soc_percent")
    return energy


@routes.get("/charging-needs/{id}", scope="sites:read")
async def show_charging_need(exchange: Exchange, id: str) -> shape.ChargingNeed:
    """One charging need."""
    return charging_needs.form(await _need(exchange, id))


@routes.delete("/charging-needs/{id}", scope="sites:write")
async def cancel_charging_need(exchange: Exchange, id: str) -> None:
    """Take it back: its car charges on as if nobody had said anything."""
    row = await _need(exchange, id)
    if row["state"] not in OPEN:
        raise Refused("conflict", f"It is over already ({row['state']}).")
    now = runtime.now()
    async with exchange.transaction() as tx:
        await tx.execute_all([planning.need_put(replace(planning.need_of(row), state="cancelled"), now)])
        await exchange.audit(tx, "charging_need.cancel", id)
        ring(tx, ANY_SITE)


async def _need(exchange: Exchange, id: str) -> dict[str, Any]:
    row = await charging_needs.find(exchange.db, exchange.tenant_id, exchange.sites, id)
    if row is None:
        raise not_found("charging need", id)
    return row


# ---------------------------------------------------------------------- prices and the plan


@routes.get("/sites/{id}/prices", scope="sites:read")
async def show_prices(exchange: Exchange, id: str) -> shape.SitePrices:
    """What a kWh costs at a site, in money or in carbon."""
    prices = await planning.load_prices(exchange.db, (await site_row(exchange, id))["id"])
    if prices is None:
        raise not_found("prices of site", id)
    return charging_needs.prices_form(prices)


@routes.put("/sites/{id}/prices", scope="sites:write")
async def put_prices(exchange: Exchange, id: str, body: shape.PricesPut) -> shape.SitePrices:
    """Set all prices of a site. Cars with a charging need then wait for the cheapest hours that keep the promise; hours
    without a price count as the mean. A site with prices is controlled even without limits."""
    site = await site_row(exchange, id)
    check_order(body.slots)
    async with exchange.transaction() as tx:
        await charging_needs.put_prices(tx, exchange.tenant_id, site["id"], body, runtime.now())
        await exchange.audit(tx, "site.prices", id, {"slots": len(body.slots)})
        ring(tx, site["id"])
    return await show_prices(exchange, id)


@routes.delete("/sites/{id}/prices", scope="sites:write")
async def delete_prices(exchange: Exchange, id: str) -> None:
    """Forget the prices of a site."""
    site = await site_row(exchange, id)
    async with exchange.transaction() as tx:
        if not await charging_needs.remove_prices(tx, exchange.tenant_id, site["id"]):
            raise not_found("prices of site", id)
        await exchange.audit(tx, "site.prices.delete", id)
        ring(tx, site["id"])


@routes.get("/sites/{id}/schedule", scope="sites:read")
async def show_schedule(exchange: Exchange, id: str) -> shape.SiteSchedule:
    """The plan of the hours to come for the grid connection of a site: which car charges when, and what it costs."""
    site = await site_row(exchange, id)
    root = (await load_roots(exchange.db, every=True)).of(site["id"])
    plan = None if root is None else await planning.load_plan(exchange.db, root)
    if plan is None:
        raise not_found("schedule of site", id)
    return charging_needs.schedule_form(plan)
