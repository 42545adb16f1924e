"""The planner on a real database, with the control that orders what it plans: promises, prices, and what cannot be."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, update

from ohmstead import runtime
from ohmstead.domain import metering
from ohmstead.domain.needs import Need, OfCar
from ohmstead.domain.planning import HOUR
from ohmstead.domain.transactions import Event, begin, fold
from ohmstead.energy import planner as module
from ohmstead.energy.control import Control
from ohmstead.energy.optimiser import NoSolution
from ohmstead.energy.planner import Planner, estimated
from ohmstead.energy_settings import Energy
from ohmstead.runtime import to_datetime
from ohmstead.settings import Settings
from ohmstead.shapes.energy import LimitNew
from ohmstead.shapes.needs import PriceSlot, PricesPut
from ohmstead.store import planning
from ohmstead.store.db import Db
from ohmstead.store.resources import charging_needs, energy
from ohmstead.store.statement import Statement
from ohmstead.store.tables import charging_needs as table
from ohmstead.store.tables import commands, evse_accounts, feed, transactions
from ohmstead.store.tables import stations as stations_table
from tests.conftest import until
from tests.energy.test_control import Depot

pytestmark = pytest.mark.anyio


class Planned(Depot):
    """The depot of the control's tests, with a planner."""

    def __init__(self, db: Db, clock: runtime.FakeClock) -> None:
        super().__init__(db, clock)
        self.planner = Planner(db, Settings(), "test")

    async def promise(self, n: int, kwh: float, hours: float, **more: Any) -> Need:
        now = runtime.now()
        need = Need(id=n, tenant_id=1, energy_wh=kwh * 1000, ready_by=now + int(hours * HOUR), created_at=now,
                    updated_at=now, **({"station_id": n} | more))  # fmt: skip
        async with self.db.transaction() as tx:
            await tx.execute_all([planning.need_put(need, now)])
        return need

    async def prices(self, *prices: float) -> None:
        """A price for each hour from now on."""
        begin = runtime.now()
        slots = [PriceSlot(start=to_datetime(begin + n * HOUR), end=to_datetime(begin + (n + 1) * HOUR), price=price)
                 for n, price in enumerate(prices)]  # fmt: skip
        async with self.db.transaction() as tx:
            await charging_needs.put_prices(tx, 1, 11, PricesPut(unit="EUR/kWh", slots=slots), begin)

    async def charged(self, n: int, kwh: float) -> None:
        one = begin(n, n, f"t{n}")
        for event in (
            Event(kind="started", at=1, seq_no=0, evse_id=1, meter_start=0.0),
            Event(kind="updated", at=runtime.now(), seq_no=1, meter_stop=kwh * 1000),
        ):
            one, _ = fold(one, event)
        body = msgspec.json.encode(one).decode()
        await self.execute(update(transactions).where(transactions.c.id == n).values(body=body))

    async def gave(self, n: int, wh: float) -> None:
        """Its register of what it gave back."""
        one, _ = fold(begin(n, n, f"t{n}"), Event(kind="started", at=1, seq_no=0, evse_id=1, meter_start=0.0))
        for seq_no, value in ((1, 500.0), (2, 500.0 + wh)):
            reading = metering.Reading(runtime.now(), value, metering.EXPORT, "Wh", None, "Sample.Periodic", "Outlet")
            one, _ = fold(one, Event(kind="updated", at=runtime.now(), seq_no=seq_no, readings=(reading,)))
        body = msgspec.json.encode(one).decode()
        await self.execute(update(transactions).where(transactions.c.id == n).values(body=body))

    async def last_period(self) -> dict[str, Any]:
        """Of the last TxProfile that was sent."""
        period: dict[str, Any] = (await self.last_profile())["profile"]["schedules"][0]["periods"][0]
        return period

    async def last_profile(self, n: int = 1) -> dict[str, Any]:
        """The last TxProfile that was sent to a station, with the whole command around it."""
        rows = await self.db.fetch_many(
            Statement(select(commands.c.body)
                      .where(commands.c.type == "set_charging_profile", commands.c.station_id == n)
                      .order_by(commands.c.created_at, commands.c.id))
        )  # fmt: skip
        found: list[dict[str, Any]] = [json.loads(row[0]) for row in rows]
        return [one for one in found if one["profile"]["purpose"] == "TxProfile"][-1]

    async def needs(self) -> dict[int, tuple[str, bool | None, str | None]]:
        statement = Statement(select(table.c.id, table.c.state, table.c.feasible, table.c.reason))
        return {
            row[0]: (row[1], None if row[2] is None else bool(row[2]), row[3])
            for row in await self.db.fetch_many(statement)
        }

    async def told(self) -> list[str]:
        rows = await self.db.fetch_many(Statement(select(feed.c.type).order_by(feed.c.at)))
        return [row[0] for row in rows if "charging_need" in row[0]]

    async def shares(self) -> dict[int, tuple[float, str]]:
        found = await self.db.fetch_many(Statement(select(evse_accounts.c.station_id, evse_accounts.c.body)))
        bodies = {row[0]: json.loads(row[1]) for row in found}
        return {n: (one.get("limit_a", 0.0), one.get("code", "idle")) for n, one in bodies.items()}

    async def plan_and_turn(self, seconds: int = 10) -> None:
        self.clock.advance(seconds)
        await self.planner.look()
        await self.control.look()
        await self.answer()


ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def depot(db: Db, monkeypatch: pytest.MonkeyPatch) -> Planned:
    clock = runtime.FakeClock()
    monkeypatch.setattr(runtime, "clock", clock)
    one = Planned(db, clock)
    await one.build()
    await one.turn()
    await one.answer()
    return one


@ON_SQLITE
async def test_a_promise_is_planned_ordered_and_kept(depot: Planned) -> None:
    await depot.plug(1)
    await depot.plug(2)
    await depot.promise(1, kwh=40, hours=2)  # 29 A on average, of 40 A that two share
    await depot.plan_and_turn()
    assert (await depot.needs())[1] == ("active", True, None)
    assert await depot.shares() == {1: (32.0, "rating"), 2: (8.0, "full")}
    plan = await planning.load_plan(depot.db, 11)
    assert plan is not None
    assert plan.by == "optimiser"
    await depot.charged(1, 40)
    await depot.plan_and_turn()
    assert (await depot.needs())[1][0] == "met"
    assert await depot.shares() == {1: (20.0, "full"), 2: (20.0, "full")}
    assert await depot.told() == ["ohmstead.charging_need.met"]


@ON_SQLITE
async def test_cheap_hours_are_waited_for_and_a_lower_limit_is_planned_anew(depot: Planned) -> None:
    await depot.prices(0.40, 0.40, 0.10, 0.40)
    await depot.plug(1)
    await depot.promise(1, kwh=20, hours=4)
    await depot.plan_and_turn()
    assert (await depot.shares())[1] == (0.0, "planned")
    plan = await planning.load_plan(depot.db, 11)
    assert plan is not None
    assert plan.cost == pytest.approx(2.0, abs=0.2)
    async with depot.db.transaction() as tx:  # the cheap hour shall bring less
        times = {"start": to_datetime(runtime.now() + 2 * HOUR), "end": to_datetime(runtime.now() + 3 * HOUR)}
        await energy.add_limit(tx, 1, 11, 8, "entry", LimitNew(limit_w=5000, **times), runtime.now())
    await depot.plan_and_turn()
    again = await planning.load_plan(depot.db, 11)
    assert again is not None
    assert again.cost is not None
    assert again.cost > 5
    assert (await depot.shares())[1] == (32.0, "rating")  # so it begins now


@ON_SQLITE
async def test_a_station_that_loses_its_line_goes_on_along_the_plan(depot: Planned) -> None:
    await depot.prices(0.40, 0.40, 0.10, 0.40)
    await depot.plug(1)
    await depot.plug(2)
    await depot.promise(1, kwh=12, hours=4)
    await depot.plan_and_turn()
    command = await depot.last_profile()
    [schedule], max_offline = command["profile"]["schedules"], command["profile"]["max_offline_duration_s"]
    first, pause, cheap, *rest = schedule["periods"]
    assert command["may_shorten"]
    assert (first, pause["limit"]) == ({"start_s": 0, "limit": 0.0}, 0.0)
    assert 6 <= cheap["limit"] <= 20  # its fail-safe
    assert 0 <= cheap["start_s"] - 7200 <= 900  # the first slot of which all is cheap
    assert 0 <= schedule["duration_s"] - 10_800 <= 900
    assert max_offline == schedule["duration_s"]
    plan = await planning.load_plan(depot.db, 11)
    assert plan is not None
    shown = charging_needs.schedule_form(plan)
    assert [one.limit_a for one in shown.cars[0].without_us] == [one["limit"] for one in (cheap, *rest)]
    await depot.execute(update(table).where(table.c.id == 1).values(ev='{"max_periods": 2}'))  # maxScheduleTuples
    await depot.turn(620)
    command = await depot.last_profile()
    # a second period could only say that nothing comes for a while: the fail-safe takes over instead
    assert [len(one["periods"]) for one in command["profile"]["schedules"]] == [1]
    async with depot.db.transaction() as tx:  # made of other limits: that tail is taken back at once
        await energy.add_limit(tx, 1, 11, 8, "put", LimitNew(limit_w=27_000), runtime.now())
    await depot.turn()
    command = await depot.last_profile()
    assert [len(one["periods"]) for one in command["profile"]["schedules"]] == [1]
    settings = Settings(energy=Energy(along_plan=0))
    depot.control = Control(depot.db, settings, "test")
    await depot.turn(700)
    await depot.plan_and_turn()
    command = await depot.last_profile()
    assert [len(one["periods"]) for one in command["profile"]["schedules"]] == [1]


@ON_SQLITE
async def test_what_cannot_be_is_said_early_and_once_and_with_the_reason(depot: Planned) -> None:
    await depot.plug(1)
    await depot.promise(1, kwh=60, hours=2)
    await depot.plan_and_turn()
    assert (await depot.needs())[1] == ("active", False, "until it leaves 32 A bring 44.1 of 60.0 kWh")
    await depot.plan_and_turn(400)
    assert await depot.told() == ["ohmstead.charging_need.at_risk"]
    depot.clock.advance(7200)
    await depot.planner.look()
    assert (await depot.needs())[1][0] == "missed"


@ON_SQLITE
async def test_reality_that_differs_makes_another_plan(depot: Planned) -> None:
    await depot.plug(1)
    await depot.promise(1, kwh=30, hours=3)
    await depot.plan_and_turn()
    first = await planning.load_plan(depot.db, 11)
    await depot.plan_and_turn()
    assert await planning.load_plan(depot.db, 11) == first
    depot.clock.advance(200)
    await depot.charged(1, 0)  # 1.2 kWh should have come by now
    await depot.plan_and_turn(0)
    assert await planning.load_plan(depot.db, 11) != first


@ON_SQLITE
async def test_without_a_solution_water_is_poured(depot: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object) -> None:
        raise NoSolution("no plan within 5 s")

    monkeypatch.setattr(module, "optimised", late)
    await depot.plug(1)
    await depot.promise(1, kwh=20, hours=3)
    await depot.plan_and_turn()
    plan = await planning.load_plan(depot.db, 11)
    assert plan is not None
    assert (plan.by, plan.why) == ("water_filling", "no plan within 5 s")
    assert (await depot.needs())[1] == ("active", True, None)


async def test_a_need_waits_for_its_car_and_is_estimated(depot: Planned) -> None:
    need = await depot.promise(1, kwh=20, hours=3)
    await depot.planner.look()
    assert (await depot.needs())[1] == ("waiting", None, None)
    assert await estimated(depot.db, need, runtime.now()) == need
    await depot.plug(1)
    assert (await estimated(depot.db, need, runtime.now())).feasible
    await depot.promise(2, kwh=5, hours=0.01)
    await depot.promise(3, kwh=9, hours=5, station_id=1)
    depot.clock.advance(60)
    await depot.planner.look()
    assert (await depot.needs())[2] == ("missed", False, "no car came")
    assert (await depot.needs())[3] == ("waiting", None, "its car charges for need 1 first")


@ON_SQLITE
async def test_it_runs_when_something_rings(depot: Planned) -> None:
    await depot.plug(1)
    await depot.promise(1, kwh=20, hours=3)
    task = runtime.spawn(depot.planner.run(), "planner")
    depot.db.bus.ring("site", "11")
    await until(lambda: planning.load_plan(depot.db, 11))
    task.cancel()


@ON_SQLITE
async def test_a_car_of_15118_20_gives_back_along_the_prices(depot: Planned) -> None:
    """What its station gets: a setpoint below 0 in the dear hour, a limit in the cheap one; Q03."""
    await depot.execute(update(stations_table).values(ocpp_version="2.1"))
    await depot.plug(1)
    await depot.prices(0.90, 0.05, 0.30)
    ev = OfCar(cap_a=16.0, discharge_a=16.0, room_wh=20_000.0, ceiling_wh=20_000.0)
    await depot.promise(1, kwh=0, hours=3, ev=ev, source="ev", state="active", transaction=1, from_wh=0.0)
    await depot.plan_and_turn()
    await depot.plan_and_turn(1)
    assert "operation_mode" not in await depot.last_period()  # nobody would know what came out
    await depot.gave(1, 0.0)
    depot.planner = Planner(depot.db, Settings(), "test")
    await depot.plan_and_turn(1)
    await depot.plan_and_turn(1)
    period = await depot.last_period()
    assert (period["operation_mode"], period["setpoint"], "limit" in period) == ("CentralSetpoint", -11_040, False)
    assert (await depot.shares())[1] == (0.0, "planned")
    assert "out of the car, because this hour is dear" in (await depot.accounts())[1]["text"]
    await depot.gave(1, 11_040.0)
    await depot.plan_and_turn(3600 + 20)
    await depot.plan_and_turn(1)
    assert (await depot.last_period())["limit"] == 16.0
    assert (await depot.needs())[1][:2] == ("active", True)
    assert (await depot.accounts())[1].get("setpoint_w") is None
