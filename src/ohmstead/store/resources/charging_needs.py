"""Charging needs, prices and plans of sites as the API shows and changes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, case, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.needs import Plan
from ohmstead.runtime import from_datetime, to_datetime
from ohmstead.shapes import needs as shape
from ohmstead.store import planning
from ohmstead.store.db import Db, Tx, encode
from ohmstead.store.forms import need_form
from ohmstead.store.resources.listing import Cursor, Found, Listing, Sites
from ohmstead.store.statement import Statement
from ohmstead.store.tables import charging_needs, site_prices, stations, transactions

_n, _p = charging_needs.c, site_prices.c
_AT = case((_n.station_id.is_not(None), _n.station_id), else_=transactions.c.station_id)
LIST = Listing(
    select(stations.c.identity, *(_n[name] for name in planning.FIELDS)).select_from(
        charging_needs.outerjoin(transactions, transactions.c.id == _n.transaction).outerjoin(
            stations, stations.c.id == _AT
        )
    ),
    tenant=_n.tenant_id,
    site=stations.c.site_id,
    orders={"id": (_n.id,)},
    filters={
        "which": _n.id == bindparam("which"),
        "station_id": stations.c.identity == bindparam("station_id"),
        "state": _n.state == bindparam("state"),
    },
)
_prices = insert(site_prices).values({column.name: bindparam(column.name) for column in site_prices.columns})
_PUT_PRICES = Statement(
    _prices.on_conflict_do_update(
        index_elements=["site_id"], set_={name: _prices.excluded[name] for name in ("unit", "slots", "updated_at")}
    )
)
_REMOVE_PRICES = Statement(
    delete(site_prices)
    .where(_p.tenant_id == bindparam("tenant"), _p.site_id == bindparam("site"))
    .returning(_p.site_id)
)


async def page(db: Db, tenant_id: int, sites: Sites, *, limit: int, cursor: Cursor | None, **filters: Any) -> Found:
    """Newest first; filters: station_id, state."""
    return await LIST.page(db, tenant_id, sites, order="-id", limit=limit, cursor=cursor, **filters)


async def find(db: Db, tenant_id: int, sites: Sites, id: str) -> dict[str, Any] | None:
    """The row of one; None when there is none or the key may not see it."""
    return await LIST.find(db, tenant_id, sites, id)


def form(row: Mapping[str, Any]) -> shape.ChargingNeed:
    return need_form(planning.need_of(row), row["identity"])


async def put_prices(tx: Tx, tenant_id: int, site: int, prices: shape.PricesPut, now: int) -> None:
    slots = sorted((from_datetime(one.start), from_datetime(one.end), one.price) for one in prices.slots)
    row = {"site_id": site, "tenant_id": tenant_id, "unit": prices.unit, "slots": encode(slots), "updated_at": now}
    await tx.execute(_PUT_PRICES, **row)


async def remove_prices(tx: Tx, tenant_id: int, site: int) -> bool:
    return bool(await tx.fetch(_REMOVE_PRICES, tenant=tenant_id, site=site))


def prices_form(prices: planning.Prices) -> shape.SitePrices:
    return shape.SitePrices(
        unit=prices.unit,
        slots=[
            shape.PriceSlot(start=to_datetime(start), end=to_datetime(end), price=price)
            for start, end, price in prices.slots
        ],
        updated_at=to_datetime(prices.updated_at),
    )


def schedule_form(plan: Plan) -> shape.SiteSchedule:
    return shape.SiteSchedule(
        start=to_datetime(plan.edges[0]),
        end=to_datetime(plan.edges[-1]),
        by="optimiser" if plan.by == "optimiser" else "water_filling",
        why=plan.why,
        solve_ms=plan.solve_ms,
        cost=plan.cost,
        unit=plan.unit,
        cars=[
            shape.PlannedCar(
                station_id=car.station_id,
                evse_id=car.evse_id,
                charging_need_id=str(car.need),
                may_wait=car.may_wait,
                periods=_periods(plan, car.amps),
                without_us=_periods(plan, car.alone),
            )
            for car in plan.cars
        ],
    )


def _periods(plan: Plan, amps: list[float]) -> list[shape.PlannedPeriod]:
    """Slots of one current joined; those without any left out."""
    found: list[tuple[int, int, float]] = []
    for start, end, current in zip(plan.edges, plan.edges[1:], amps, strict=False):
        if found and found[-1][2] == current:
            found[-1] = (found[-1][0], end, current)
        else:
            found.append((start, end, current))
    return [
        shape.PlannedPeriod(start=to_datetime(start), end=to_datetime(end), limit_a=current)
        for start, end, current in found
        if current
    ]
