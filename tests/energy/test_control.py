"""The control on a real database: limits become commands, answers become accounts, disobedience an alert. The stations
are played by the test: their commands' rows move as their sessions would move them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from sqlalchemy import bindparam, insert, select, update

from ohmstead import blocks, runtime
from ohmstead.blocks.charging_reports import SITE_TOPIC
from ohmstead.blocks.command import parse
from ohmstead.domain.regulation import Order
from ohmstead.domain.transactions import Transaction
from ohmstead.energy.control import Control, body_of
from ohmstead.settings import Settings, Stations
from ohmstead.shapes.energy import CircuitEvse, CircuitNew, LimitNew
from ohmstead.shapes.site import SiteNew
from ohmstead.store import leases
from ohmstead.store.db import Db
from ohmstead.store.resources import energy, sites, stations
from ohmstead.store.statement import Statement
from ohmstead.store.tables import alerts, audit, commands, connectors, evse_accounts, site_samples, transactions
from ohmstead.store.tables import sites as sites_table
from ohmstead.store.tables import stations as stations_table
from tests.conftest import until

pytestmark = pytest.mark.anyio
blocks.discover()


class Depot:
    """A site of 40 A with two stations, each charging."""

    def __init__(self, db: Db, clock: runtime.FakeClock) -> None:
        self.db, self.clock = db, clock
        self.control = Control(db, Settings(), "test")

    async def build(self) -> None:
        now = runtime.now()
        async with self.db.transaction() as tx:
            await sites.add(tx, 1, 11, SiteNew(name="Depot", limit_a=[100, 100, 100]), now)
            evses = [CircuitEvse(station_id=f"CS{n}", evse_id=1) for n in (1, 2)]
            await energy.add_circuit(tx, 1, 11, 5, CircuitNew(name="B", limit_a=40.0, evses=evses), now)
            for n in (1, 2):
                assert await stations.add(tx, 1, n, now, identity=f"CS{n}", registration="accepted", security_profile=1,
                                          site_id=11, connected_since=now, last_seen_at=now,
                                          ocpp_version="1.6")  # fmt: skip
        for n in (1, 2):
            await self.row(
                connectors, station_id=n, evse_id=1, connector_id=1, tenant_id=1, status="Occupied", status_at=1
            )

    async def row(self, table: Any, **values: Any) -> None:
        async with self.db.transaction() as tx:
            await tx.execute(Statement(insert(table).values({name: bindparam(name) for name in values})), **values)

    async def plug(self, n: int) -> None:
        one = Transaction(id=n, station_id=n, transaction_id=f"t{n}", evse_id=1, events=1, started_at=runtime.now())
        await self.row(transactions, id=n, tenant_id=1, station_id=n, transaction_id=f"t{n}", ordinal=0, state="active",
                       energy_wh=0.0, complete=0, evse_id=1, started_at=1,
                       body=msgspec.json.encode(one).decode())  # fmt: skip

    async def measures(self, n: int, watts: float) -> None:
        one = Transaction(id=n, station_id=n, transaction_id=f"t{n}", evse_id=1, events=1, power=(runtime.now(), watts))
        statement = update(transactions).where(transactions.c.id == n).values(body=msgspec.json.encode(one).decode())
        await self.execute(statement)

    async def execute(self, clause: Any) -> None:
        async with self.db.transaction() as tx:
            await tx.execute(Statement(clause))

    async def orders(self, state: str = "queued") -> list[tuple[str, int, float]]:
        """Purpose, station, amperes of the commands in this state."""
        rows = await self.db.fetch_many(
            Statement(select(commands.c.station_id, commands.c.body)
                      .where(commands.c.state == state, commands.c.type == "set_charging_profile")
                      .order_by(commands.c.created_at, commands.c.station_id, commands.c.id))
        )  # fmt: skip
        found = []
        for station, body in rows:
            profile = json.loads(body)["profile"]
            found.append((profile["purpose"], station, profile["schedules"][0]["periods"][0]["limit"]))
        return sorted(found)

    async def answer(self, state: str = "accepted") -> None:
        await self.execute(update(commands).where(commands.c.state == "queued").values(state=state))

    async def turn(self, seconds: int = 10) -> None:
        self.clock.advance(seconds)
        await self.control.look()

    async def limit_w(self, n: int) -> float | None:
        """What GET /stations says that the station's EVSE may draw."""
        row = await stations.find(self.db, 1, None, f"CS{n}")
        assert row is not None
        [form] = await stations.forms(self.db, [row])
        return form.evses[0].limit_w

    async def accounts(self) -> dict[int, Any]:
        rows = await self.db.fetch_many(Statement(select(evse_accounts.c.station_id, evse_accounts.c.body)))
        return {row[0]: json.loads(row[1]) for row in rows}


@pytest.fixture
async def depot(db: Db, monkeypatch: pytest.MonkeyPatch) -> Depot:
    clock = runtime.FakeClock()
    monkeypatch.setattr(runtime, "clock", clock)
    one = Depot(db, clock)
    await one.build()
    await one.turn()
    return one


async def test_fail_safes_first_then_shares(depot: Depot) -> None:
    assert await depot.orders() == [("TxDefaultProfile", 1, 20.0), ("TxDefaultProfile", 2, 20.0)]
    await depot.answer()
    await depot.plug(1)
    await depot.plug(2)
    await depot.turn()
    assert await depot.orders() == [("TxProfile", 1, 20.0), ("TxProfile", 2, 20.0)]
    await depot.answer()
    await depot.turn()
    assert await depot.orders() == []
    assert {n: one["accepted_a"] for n, one in (await depot.accounts()).items()} == {1: 20.0, 2: 20.0}
    assert (await depot.accounts())[1]["text"] == "20 A: B L1 is full"
    assert await depot.limit_w(1) == 20 * 230 * 3
    depot.clock.advance(901)  # orders lapse, and the control is gone
    assert await depot.limit_w(1) is None


async def test_a_limit_goes_out_at_once_and_what_is_overtaken_is_taken_back(depot: Depot) -> None:
    await depot.answer()
    await depot.plug(1)
    await depot.turn()
    assert await depot.orders() == [("TxProfile", 1, 32.0)]
    async with depot.db.transaction() as tx:
        await energy.add_limit(tx, 1, 11, 8, "put", LimitNew(limit_w=3 * 230 * 10), runtime.now())
    await depot.turn(0)
    assert await depot.orders() == [("TxProfile", 1, 10.0)]
    assert await depot.orders("cancelled") == [("TxProfile", 1, 32.0)]


async def test_a_restart_finds_all_as_it_was_and_a_second_process_keeps_out(depot: Depot) -> None:
    await depot.answer()
    await depot.plug(1)
    await depot.turn()
    await depot.answer()
    other = Control(depot.db, Settings(), "other")
    await other.look()
    assert await depot.orders() == []
    await leases.release(depot.db, "energy", "test")
    depot.clock.advance(10)
    await other.look()
    assert await depot.orders() == []  # nothing to say again
    depot.clock.advance(700)
    await other.look()
    assert await depot.orders() == [("TxProfile", 1, 32.0)]  # renewed before it lapses


async def test_nothing_without_leave(depot: Depot) -> None:
    await depot.answer("cancelled")
    quiet = Control(depot.db, Settings(stations=Stations(unasked_calls=())), "test")
    depot.clock.advance(100)
    await quiet.look()
    assert await depot.orders() == []


async def test_disobedience_is_told_and_alarmed_and_calmed(depot: Depot) -> None:
    await depot.answer()
    await depot.plug(1)
    await depot.plug(2)
    for _ in range(24):
        await depot.turn()
        await depot.answer()
        await depot.measures(1, 36 * 3 * 230.0)
        await depot.measures(2, 0.0)
    statement = Statement(select(alerts.c.subject, alerts.c.state))
    assert [tuple(row) for row in await depot.db.fetch_many(statement)] == [("disobedient/1", "firing")]
    assert (await depot.accounts())[2]["accepted_a"] <= 10
    for _ in range(3):
        await depot.measures(1, (await depot.accounts())[1]["accepted_a"] * 3 * 230.0)
        await depot.turn()
    assert [tuple(row) for row in await depot.db.fetch_many(statement)] == [("disobedient/1", "resolved")]
    asked = await depot.db.fetch_many(Statement(select(commands.c.body).where(commands.c.type == "trigger")))
    assert {(one["message"], one["evse_id"]) for (body,) in asked for one in [json.loads(body)]} == {("MeterValues", 1)}
    rows = await depot.db.fetch_many(Statement(select(site_samples.c.measured_w, site_samples.c.body)))
    assert rows[-1][0] > 0


async def test_a_reset_is_a_command_and_in_the_audit(depot: Depot) -> None:
    await depot.execute(update(sites_table).values(reset_if_disobedient="idle"))
    account = {"reset_due": True}
    await depot.execute(update(evse_accounts).where(evse_accounts.c.station_id == 2).values(body=json.dumps(account)))
    await depot.turn()
    rows = await depot.db.fetch_many(
        Statement(select(commands.c.station_id, commands.c.body).where(commands.c.type == "reset"))
    )
    assert [(station, json.loads(body)["when"]) for station, body in rows] == [(2, "idle")]
    told = await depot.db.fetch_many(Statement(select(audit.c.actor, audit.c.action, audit.c.subject)))
    assert [tuple(row) for row in told] == [("control of sites", "command.create", "CS2")]
    assert "reset_due" not in (await depot.accounts())[2]


async def test_an_offline_station_gets_nothing_and_is_counted(depot: Depot) -> None:
    await depot.answer()
    await depot.execute(update(stations_table).where(stations_table.c.id == 2).values(connected_since=None))
    await depot.plug(1)
    await depot.turn()
    assert await depot.orders() == [("TxProfile", 1, 20.0)]
    assert (await depot.accounts())[2]["code"] == "offline"


async def test_a_ring_is_enough(depot: Depot) -> None:
    await depot.answer()
    await depot.plug(1)
    task = runtime.spawn(depot.control.run(), "control")
    depot.db.bus.ring(SITE_TOPIC, "11")
    await until(depot.orders)
    task.cancel()


@pytest.mark.parametrize("order", [
    Order(("CS1", 1), "TxProfile", 10.0, 900, "t"),
    Order(("CS1", 1), "TxProfile", 10.0, 900, "t", on_top=True),
    Order(("CS1", 1), "TxProfile", 10.0, 900, "t", sole=True),
    Order(("CS1", 1), "TxProfile", 10.0, 900, "t", phase=3),
    Order(("CS1", 1), "TxDefaultProfile", 6.0, None),
    Order(("CS1", 1), "ChargingStationMaxProfile", 32.0, None),
])  # fmt: skip
def test_an_order_is_a_command(order: Order) -> None:
    command: Any = parse(body_of(order, 1))
    assert command.evse_id == (0 if order.purpose == "ChargingStationMaxProfile" else 1)
    assert command.profile.schedules[0].duration_s == order.duration_s
    assert command.queues is False
    offline = (order.duration_s, True) if order.duration_s is not None else (None, None)  # K01.FR.94
    assert (command.profile.max_offline_duration_s, command.profile.invalid_after_offline_duration) == offline
    (schedule,) = command.profile.schedules  # K15.FR.18, K19.FR.07
    ordered = schedule.periods[0]
    assert (ordered.number_phases, ordered.phase_to_use) == ((None, None) if order.phase is None else (1, order.phase))
