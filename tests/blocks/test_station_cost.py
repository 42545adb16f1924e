"""costDetails of a station that computes by itself (2.1), kept and compared with our bill."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from ohmstead.store.tables import bills
from tests.acceptance.serving import event
from tests.blocks.staging import SQLITE, Stage
from tests.blocks.test_pricing import tariff

pytestmark = pytest.mark.anyio


def details(total: dict[str, float], **more: Any) -> dict[str, Any]:
    cost = {"currency": "EUR", "typeOfCost": "NormalCost", "total": total}
    return {"totalCost": cost, "totalUsage": {"energy": 5.0, "chargingTime": 120, "idleTime": 0}} | more


@SQLITE
@pytest.mark.parametrize(
    ("said", "total", "difference", "odd"),
    [
        (details({"inclTax": 2.5}), "2.5", "0.00", []),
        (details({"exclTax": 2.0}), "2.0", "0.00", []),
        (details({"inclTax": 2.51}), "2.51", "0.01", ["cost_differs"]),
        (details({"inclTax": 0.0}, failureToCalculate=True, failureReason="no tariff"), "0.0", None, []),
    ],
)
async def test_it_stands_beside_our_bill(stage: Stage, said: Any, total: str, difference: str | None, odd: Any) -> None:
    await tariff(stage, "standard", default=True, tax_percent="25")
    early = event("Started", 0, 0, evse=1, wh=1000, costDetails=details({"inclTax": 9.0}))
    for one in (early, event("Ended", 1, 120, wh=6000, costDetails=said)):
        await stage.say("TransactionEvent", one, "2.1")
    (row,) = await stage.rows(select(bills.c.body))
    cost = msgspec.json.decode(row[0])["station_cost"]
    assert (cost["total"], cost["difference"], cost["energy_kwh"]) == (total, difference, 5.0)
    assert cost["failure"] == ("no tariff" if difference is None else None)
    assert [one["code"] for one in await stage.findings()] == odd
