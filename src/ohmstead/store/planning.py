"""Charging needs, prices and plans on disk, as the planner and the control read and write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.domain.needs import Need, OfCar, Plan
from ohmstead.store.bulk import Changed
from ohmstead.store.db import Db, Row, encode
from ohmstead.store.statement import Statement, fixed
from ohmstead.store.tables import charging_needs, commands, site_plans, site_prices, vehicles

_n, _p = charging_needs.c, site_prices.c
FIELDS = tuple(column.name for column in charging_needs.columns)
_IS_OPEN = _n.state.in_([fixed("waiting"), fixed("active")])
_LOAD = Statement(select(*(_n[name] for name in FIELDS)).where(_IS_OPEN).order_by(_n.id))
_add = insert(charging_needs).values({name: bindparam(name) for name in FIELDS})
_PUT = Statement(
    _add.on_conflict_do_update(
        index_elements=["id"],
        set_={
            name: _add.excluded[name]
            for name in ("state", "transaction", "from_wh", "delivered_wh", "expected_wh", "feasible", "reason",
                         "energy_wh", "ready_by", "ev", "asked_at", "updated_at")
        },
        where=_n.state.in_([fixed("waiting"), fixed("active")]),
    )
)  # fmt: skip
_REPLACE = Statement(
    update(charging_needs)
    .where(_IS_OPEN, _n.station_id == bindparam("station"), _n.evse_id == bindparam("evse"), _n.source == fixed("ev"))
    .values(state="replaced", updated_at=bindparam("now"))
)
_ASK_AGAIN = Statement(
    update(charging_needs)
    .where(_IS_OPEN, _n.transaction == bindparam("which"), _n.source == fixed("ev"))
    .values(asked_at=bindparam("now"), updated_at=bindparam("now"))
)
_OF_CAR = Statement(
    select(_n.ev)
    .where(_IS_OPEN, _n.station_id == bindparam("station"), _n.evse_id == bindparam("evse"), _n.source == fixed("ev"))
    .order_by(_n.id.desc())
    .limit(1)
)
_ALLOWED = Statement(
    select(commands.c.body)
    .where(
        commands.c.station_id == bindparam("station"), commands.c.type == fixed("notify_allowed_energy_transfer"),
        commands.c.state.in_(["accepted", "confirmed"]),
    )
    .order_by(commands.c.created_at.desc(), commands.c.id.desc())
    .limit(20)
)  # fmt: skip
_TOKENS = Statement(select(vehicles.c.id, vehicles.c.tokens))
_PRICES = Statement(select(_p.unit, _p.slots, _p.updated_at).where(_p.site_id == bindparam("site")))
_PLAN = Statement(select(site_plans.c.body).where(site_plans.c.site_id == bindparam("site")))
_plan = insert(site_plans).values({column.name: bindparam(column.name) for column in site_plans.columns})
_PUT_PLAN = Statement(
    _plan.on_conflict_do_update(
        index_elements=["site_id"], set_={name: _plan.excluded[name] for name in ("at", "body")}
    )
)
_decode_plan = msgspec.json.Decoder(Plan)
_decode_car = msgspec.json.Decoder(OfCar)
_decode_slots = msgspec.json.Decoder(list[tuple[int, int, float]])
_decode_tokens = msgspec.json.Decoder(list[str])


class Prices(NamedTuple):
    """What a kWh costs: (from, to, price)."""

    unit: str
    slots: list[tuple[int, int, float]]
    updated_at: int

    def at(self, moment: int) -> float | None:
        return next((price for start, end, price in self.slots if start <= moment < end), None)


def need_of(row: Mapping[str, Any]) -> Need:
    values = {name: row[name] for name in FIELDS}
    values["feasible"] = None if row["feasible"] is None else bool(row["feasible"])
    values["ev"] = None if row["ev"] is None else _decode_car.decode(row["ev"])
    return Need(**values)


async def load_open(db: Db) -> list[Need]:
    """Every need that is waiting or active, the oldest first."""
    return [need_of(_named(row)) for row in await db.fetch_many(_LOAD)]


def _named(row: Row) -> dict[str, Any]:
    return dict(zip(FIELDS, row, strict=True))


def need_put(need: Need, now: int) -> Changed:
    """Store a need; one that ended meanwhile stays as it is."""
    row = {name: getattr(need, name) for name in FIELDS}
    row["feasible"] = None if need.feasible is None else int(need.feasible)
    row["ev"] = None if need.ev is None else encode(need.ev)
    return _PUT, row | {"updated_at": now}


def replaced(station_id: int, evse_id: int, now: int) -> Changed:
    """What the car at an EVSE said before counts no more."""
    return _REPLACE, {"station": station_id, "evse": evse_id, "now": now}


def asked_again(transaction: int, now: int) -> Changed:
    """The car of a transaction shall be told its limit again."""
    return _ASK_AGAIN, {"which": transaction, "now": now}


async def car_periods(db: Db, station_id: int, evse_id: int) -> int | None:
    """How many periods the car at an EVSE takes (maxScheduleTuples); None: it did not say."""
    rows = await db.fetch(_OF_CAR, station=station_id, evse=evse_id)
    return None if not rows or rows[0][0] is None else _decode_car.decode(rows[0][0]).max_periods


async def allowed_transfers(db: Db, station_id: int, transaction_id: str) -> list[str] | None:
    """What a transaction may do by the NotifyAllowedEnergyTransfer that its station accepted last; None: none was."""
    bodies = [msgspec.json.decode(row[0]) for row in await db.fetch(_ALLOWED, station=station_id)]
    return next((one["allowed"] for one in bodies if one["transaction_id"] == transaction_id), None)


async def load_tokens(db: Db) -> dict[int, list[str]]:
    """Vehicle -> its tokens."""
    return {row[0]: _decode_tokens.decode(row[1]) for row in await db.fetch_many(_TOKENS)}


async def load_prices(db: Db, site: int) -> Prices | None:
    rows = await db.fetch(_PRICES, site=site)
    return Prices(rows[0][0], _decode_slots.decode(rows[0][1]), rows[0][2]) if rows else None


async def load_plan(db: Db, site: int) -> Plan | None:
    """The plan of a grid connection."""
    rows = await db.fetch(_PLAN, site=site)
    return _decode_plan.decode(rows[0][0]) if rows else None


def plan_put(tenant_id: int, site: int, plan: Plan) -> Changed:
    return _PUT_PLAN, {"site_id": site, "tenant_id": tenant_id, "at": plan.at, "body": encode(plan)}
