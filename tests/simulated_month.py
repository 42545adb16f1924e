"""A site of simulated stations for a while, through the real handlers, jobs and database; its bills beside the accounts
that the stations keep of themselves (`simulator/accounts.py`), which know nothing of ours."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from time import process_time
from typing import Any

import msgspec
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks.pricing import make_bills
from ohmstead.domain.transactions import Transaction
from ohmstead.ocpp.versions import Version
from ohmstead.settings import Settings, Stations
from ohmstead.shapes.site import SiteNew
from ohmstead.shapes.tariff import Bill, TariffNew
from ohmstead.simulator import Accounts, Endpoint, Prices, Rate, Station
from ohmstead.simulator.dice import Dice
from ohmstead.simulator.ev import any_ev
from ohmstead.store import tariffs as tariff_rows
from ohmstead.store.resources import sites, tariffs
from ohmstead.store.tables import bills, transactions
from ohmstead.store.tables.meta import DEFAULT_TENANT
from tests.blocks.staging import Stage
from tests.month import TARIFF, VERSIONS, ZONE
from tests.simulator.naive import Inbox

FIRST = 300
"""The number of the first station."""
HEARTBEAT = 86_400
"""Seconds; what goes on between two is no part of this."""


def _rates(per: str) -> tuple[Rate, ...]:
    told = [one for one in TARIFF["elements"] if one["per"] == per]  # type: ignore[index]
    return tuple(Rate(Decimal(one["price"]), _time(one, "from_time"), _time(one, "to_time")) for one in told)


def _time(element: dict[str, str], name: str) -> time:
    return time.fromisoformat(element.get(name, "00:00"))


PRICES = Prices(
    ZONE, kwh=_rates("kwh"), idle_minute=_rates("idle_minute"), flat=Decimal("0.35"), tax_percent=Decimal(19)
)


class Wire(Inbox):
    """A line whose other end are the handlers; what the server takes for the time is the station's."""

    def __init__(self, stage: Stage, version: Version, clock: runtime.FakeClock, time_of: Callable[[], int]) -> None:
        self._stage, self._version, self._clock, self._time_of = stage, version, clock, time_of
        super().__init__()

    async def send(self, frame: bytes, *, parts: int = 1, binary: bool = False) -> None:
        kind, message_id, *rest = json.loads(frame)
        if kind == 2:
            self._clock.at = self._time_of()
            answer = await self._stage.say(rest[0], rest[1], self._version.name)
            self.inbox.put_nowait(json.dumps([3, message_id, answer]).encode())


async def simulated(
    stage: Stage, clock: runtime.FakeClock, begin: datetime, *, stations: int, days: float, seed: int
) -> dict[str, Any]:
    """Let all happen; what differs between accounts and bills, and how much there was."""
    begun = process_time()
    stage.settings = Settings(stations=Stations(unasked_calls=(), heartbeat_interval=HEARTBEAT))
    async with stage.db.transaction() as tx:
        await sites.add(tx, DEFAULT_TENANT, 9, SiteNew(name="Yard", time_zone=str(ZONE)), stage.now)
        await tariffs.add(tx, DEFAULT_TENANT, "house", 1, msgspec.convert(TARIFF, TariffNew), stage.now)
    await stage.token("CARD")
    books: list[tuple[str, Accounts]] = []
    start = runtime.from_datetime(begin)
    for number in range(FIRST, FIRST + stations):
        clock.at = start
        version = VERSIONS[number % len(VERSIONS)]
        await stage.enter(number, site_id=9, ocpp_version=version)
        books.append((f"CS{number}", await _live(stage, clock, f"CS{number}", version, start, days, seed)))
    clock.at = runtime.from_datetime(begin + timedelta(days=days + 2))
    for _ in range(sum(len(one.all) for _, one in books) // tariff_rows.AT_ONCE + 2):
        await make_bills(stage.db, stage.now)
    found = await _compared(stage, books)
    return found | {"cpu_s": round(process_time() - begun, 1)}


async def _live(
    stage: Stage, clock: runtime.FakeClock, name: str, version: str, start: int, days: float, seed: int
) -> Accounts:
    async def dial(endpoint: Endpoint) -> Wire:
        return Wire(stage, endpoint.version, clock, lambda: station.controller.now)

    station = Station(
        name, url="ws://x", version=version, speed=None, seed=seed, evses=1, start=start, resolution_s=120, dial=dial
    )
    station.controller.conversation.history = 10
    station.controller.variables["SampledDataCtrlr.TxUpdatedInterval"].value = "900"
    books, dice = Accounts(station.controller), Dice(seed, name, "drivers")
    async with station:
        await station.boot()
        while station.controller.now < start + int(days * 86_400_000_000):
            await _visit(station, dice)
    return books


async def _visit(station: Station, dice: Dice) -> None:
    """A car comes, charges an hour or some, perhaps in a time without network, stands about, and leaves."""
    await station.wait(dice.between(1, 10) * 3600)
    await station.plug(1, any_ev(dice))
    await station.wait(dice.between(5, 120))
    assert await station.swipe("CARD") == "Accepted"
    offline = dice.chance(0.1)
    await station.wait(dice.between(0.3, 2) * 3600)
    if offline:
        await station.go_offline()
    await station.wait(dice.between(0.2, 3) * 3600)
    if offline and dice.chance(0.5):
        await station.go_online()
        offline = False
    if dice.chance(0.7):
        await station.stop()
        await station.wait(dice.between(10, 900))
    await station.unplug()
    if offline:
        await station.wait(dice.between(60, 7200))
        await station.go_online()


async def _compared(stage: Stage, books: list[tuple[str, Accounts]]) -> dict[str, Any]:
    made = {row[0]: msgspec.json.decode(row[2], type=Bill) for row in sorted(await stage.rows(
        select(bills.c.transaction, bills.c.version, bills.c.body)
    ))}  # fmt: skip
    held = {}
    for number, body in await stage.rows(select(transactions.c.id, transactions.c.body)):
        one = msgspec.json.decode(body, type=Transaction)
        held[f"CS{one.station_id}", one.started_at] = (one, made.get(number))
    wrong, energy, cost, sessions = [], 0, Decimal(0), 0
    for name, accounts in books:
        for account in accounts.all:
            mwh, due = account.mwh, account.cost(PRICES)
            energy, cost, sessions = energy + mwh, cost + due, sessions + 1
            one, bill = held.get((name, account.transaction.started_at // 1000 * 1000), (None, None))
            if one is None or bill is None or (round(one.energy_wh * 1000), bill.total) != (mwh, str(due)):
                told = f"{one and one.energy_wh} Wh {bill and bill.total}"
                wrong.append(f"{name} {account.transaction.id}: {told}, by its books {mwh / 1000} Wh {due}")
    told_wh = math.fsum(one.energy_wh for one, _ in held.values())
    billed = sum((Decimal(one.total) for one in made.values()), Decimal(0))
    if (round(told_wh * 1000), billed, len(held)) != (energy, cost, sessions):
        wrong.append(f"in all {told_wh} Wh {billed} of {len(held)}, by the books {energy / 1000} {cost} of {sessions}")
    return {"sessions": sessions, "wh": energy / 1000, "eur": str(cost), "wrong": wrong}
