"""Reservations that nobody used, from the call that makes them to the statement of who pays; on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks.no_show import GRACE, bill_reservations
from ohmstead.blocks.reservation import settle_reservations
from ohmstead.shapes.tariff import TariffElement, TariffNew
from ohmstead.store.reservation_bills import newest
from ohmstead.store.resources import tariffs
from ohmstead.store.sessions import CONNECTED, DISCONNECTED
from ohmstead.store.tables import reservations, tokens
from ohmstead.store.tables.meta import DEFAULT_TENANT
from tests.acceptance.serving import event
from tests.blocks.staging import Stage

pytestmark = pytest.mark.anyio
HOUR = 3_600


@pytest.fixture
async def priced(stage: Stage) -> Stage:
    """2.00 for a reservation and 0.05 a minute, 3.00 more for who does not come."""
    prices = {"kwh": "1", "reservation": "2", "reservation_minute": "0.05", "no_show": "3"}
    elements = [TariffElement(per=per, price=price) for per, price in prices.items()]  # type: ignore[arg-type]
    new = TariffNew(currency="EUR", name="t", default=True, elements=elements)
    async with stage.db.transaction() as tx:
        await tariffs.add(tx, DEFAULT_TENANT, "t", 1, new, 0)
    await stage.token("T", group="Flat-7", credit="20")
    await online(stage, True)
    return stage


async def online(stage: Stage, now: bool) -> None:
    said = {"at": stage.now, "station": stage.state.station.id}
    more = (CONNECTED, said | {"node": "n", "version": "2.0.1"}) if now else (DISCONNECTED, said)
    await stage.db.store([], [more])


def said(at: int) -> str:
    return runtime.to_datetime(at).isoformat().replace("+00:00", "Z")


async def reserve(stage: Stage, number: int = 5) -> None:
    """For an hour from now on."""
    asked = {"id": number, "expiryDateTime": said(stage.now + HOUR * 1_000_000), "evseId": 1}
    await stage.learn("ReserveNow", asked | {"idToken": {"idToken": "T", "type": "Central"}}, {"status": "Accepted"})


async def later(stage: Stage, clock: runtime.FakeClock, seconds: float) -> list[tuple[int, str, str]]:
    """What was billed then: (version, reason, total) of the newest bill of each reservation."""
    clock.advance(seconds)
    await settle_reservations(stage.db, stage.now)
    await bill_reservations(stage.db, stage.now)
    await bill_reservations(stage.db, stage.now)
    return await billed(stage)


async def billed(stage: Stage) -> list[tuple[int, str, str]]:
    ids = [row[0] for row in await stage.rows(select(reservations.c.id).order_by(reservations.c.id))]
    found = [(await newest(stage.db, id)) for id in ids]
    return [(one[0].version, one[0].reason, one[0].total) for one in found if one is not None]


async def credit(stage: Stage) -> int:
    (row,) = await stage.rows(select(tokens.c.credit_micro))
    return int(row[0])


async def test_who_does_not_come_pays(priced: Stage, clock: runtime.FakeClock) -> None:
    await reserve(priced)
    assert await later(priced, clock, HOUR) == []
    assert await later(priced, clock, GRACE // 1_000_000 - 1) == []
    assert await later(priced, clock, 1) == [(1, "expired", "8.00")]  # 2.00 + 60 x 0.05 + 3.00
    assert await credit(priced) == 12_000_000
    assert await later(priced, clock, HOUR) == [(1, "expired", "8.00")]
    assert await credit(priced) == 12_000_000


@pytest.mark.parametrize(("update", "bill"), [("NoTransaction", [(1, "not_charged", "3.50")]), ("Removed", [])])
async def test_by_what_the_station_says(
    priced: Stage, clock: runtime.FakeClock, update: str, bill: list[tuple[int, str, str]]
) -> None:
    """Half an hour was kept free for somebody who used it; what the station gave up is nobody's fault."""
    await reserve(priced)
    clock.advance(1800)
    await priced.say("ReservationStatusUpdate", {"reservationId": 5, "reservationUpdateStatus": update}, "2.1")
    assert await later(priced, clock, HOUR) == bill


@pytest.mark.parametrize("names_it", [True, False])
async def test_what_comes_late_from_a_station_that_was_offline(
    priced: Stage, clock: runtime.FakeClock, names_it: bool
) -> None:
    """The reservation is in the bill of its transaction, and nowhere twice."""
    await reserve(priced)
    begun = said(priced.now + 60_000_000)
    if names_it:
        assert await later(priced, clock, HOUR) == []
        assert await later(priced, clock, GRACE / 1e6) == [(1, "expired", "8.00")]
    else:
        clock.advance(HOUR)
        await settle_reservations(priced.db, priced.now)
    more: dict[str, Any] = {"reservationId": 5} if names_it else {}
    await priced.say("TransactionEvent", event("Started", 0, evse=1, token="T", wh=0, **more) | {"timestamp": begun})
    assert await later(priced, clock, HOUR) == ([(2, "used", "0.00")] if names_it else [])
    assert await credit(priced) == 20_000_000


async def test_a_station_that_is_offline_is_waited_for(priced: Stage, clock: runtime.FakeClock) -> None:
    await reserve(priced)
    await online(priced, False)
    assert await later(priced, clock, HOUR) == []
    assert await later(priced, clock, 99 * HOUR) == []
    await online(priced, True)
    assert await later(priced, clock, 0) == [(1, "expired", "8.00")]


async def test_without_a_price_for_it_it_costs_nothing(stage: Stage, clock: runtime.FakeClock) -> None:
    new = TariffNew(currency="EUR", name="t", default=True, elements=[TariffElement(per="session", price="9")])
    async with stage.db.transaction() as tx:
        await tariffs.add(tx, DEFAULT_TENANT, "t", 1, new, 0)
    await reserve(stage)
    assert await later(stage, clock, 2 * HOUR) == []
