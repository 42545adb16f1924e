"""I11, ChangeTransactionTariff: a transaction goes on by another tariff; what it costs, in whatever order that is told.

On both databases.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.blocks.pricing import make_bills
from ohmstead.shapes.tariff import TariffElement, TariffNew
from ohmstead.store.resources import tariffs
from ohmstead.store.tables import bills
from ohmstead.store.tables.meta import DEFAULT_TENANT
from tests.acceptance.serving import event
from tests.blocks.staging import Stage
from tests.blocks.test_pricing import billed

pytestmark = pytest.mark.anyio


@pytest.fixture
async def priced(stage: Stage) -> Stage:
    async with stage.db.transaction() as tx:
        for id, currency, price in (("day", "EUR", "0.40"), ("spot", "EUR", "1.00"), ("alps", "CHF", "9")):
            elements = [TariffElement(per="kwh", price=price), TariffElement(per="session", price="0.50")]
            new = TariffNew(currency=currency, name=id, default=id == "day", elements=elements)
            await tariffs.add(tx, DEFAULT_TENANT, id, 1, new, 0)
    await stage.token("T")
    return stage


def switched(name: str, seq_no: int = 1) -> dict[str, Any]:
    return event("Updated", seq_no, 60, trigger="TariffChanged", wh=3000, info={"tariffId": name})


BEGUN = event("Started", 0, 0, token="T", evse=1, wh=1000)
LATER, ENDED = event("Updated", 2, 90, wh=4000), event("Ended", 3, 120, wh=6000)


async def told(stage: Stage, *events: dict[str, Any]) -> list[float | None]:
    return [(await stage.say("TransactionEvent", one, "2.1")).get("totalCost") for one in events]


async def test_what_comes_after_it_is_charged_by_the_new_one(priced: Stage) -> None:
    """By hand: 0.50 + 2 kWh x 0.40; then 1, then 2 more kWh x 1.00."""
    assert await told(priced, BEGUN, switched("spot.1")) == [None, 1.3]
    await priced.connect()  # nothing is remembered
    assert await told(priced, LATER, ENDED) == [2.3, 4.3]
    ((_, _, total),) = await billed(priced)
    (row,) = await priced.rows(select(bills.c.body))
    assert (total, row[0].count('"tariff":"spot.1"')) == ("4.30", 1)


async def test_told_after_the_end_it_makes_the_same_bill(priced: Stage) -> None:
    assert await told(priced, BEGUN, LATER, ENDED) == [None, 1.7, 2.5]
    await told(priced, switched("spot.1") | {"offline": True})
    assert await make_bills(priced.db, priced.now) == 1
    assert [one[2] for one in await billed(priced)] == ["2.50", "4.30"]


@pytest.mark.parametrize("name", ["spot.2", "nobody.1", "alps.1", "spot", "spot.x"])
async def test_what_is_no_tariff_of_ours_or_of_another_currency_changes_nothing(priced: Stage, name: str) -> None:
    assert await told(priced, BEGUN, switched(name), LATER, ENDED) == [None, 1.3, 1.7, 2.5]
