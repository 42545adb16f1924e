"""What a session costs: said to the station while it runs and at its end, and explained over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.serving import Csms, event

pytestmark = pytest.mark.anyio


async def test_a_driver_sees_the_running_and_the_final_cost(csms: Csms, known: str) -> None:
    """I02.FR.01, I03.FR.02; the sum is worked out by hand: 4 kWh at 0.35, 1.00 flat, 20 %."""
    elements = [{"per": "kwh", "price": "0.35"}, {"per": "session", "price": "1.00"}]
    body = {"currency": "EUR", "name": "Staff", "tax_percent": "20", "elements": elements}
    tariff = await csms.post("tariffs", body)
    await csms.add_token("COSTLY", tariff_id=tariff["id"])
    async with csms.station(known) as station:
        await station.call("TransactionEvent", event("Started", 0, 0, "c-1", token="COSTLY", evse=1, wh=1000))
        running = await station.call("TransactionEvent", event("Updated", 1, 60, "c-1", wh=3000))
        assert running["totalCost"] == 2.04
        final = event("Ended", 2, 120, "c-1", wh=5000)
        answer = await station.call("TransactionEvent", final)
        assert answer["totalCost"] == 2.88
        assert await station.call("TransactionEvent", final, "again") == answer
    shown = await csms.transaction(station_id=known)
    assert (shown["total_cost"], shown["currency"]) == ("2.88", "EUR")
    bill: dict[str, Any] = await csms.get(f"transactions/{shown['id']}/bill")
    assert [(line["text"], line["amount"]) for line in bill["lines"]] == [("energy", "1.4"), ("flat", "1")]
    assert (bill["net"], bill["tax"], bill["total"], bill["version"]) == ("2.40", "0.48", "2.88", 1)
    billed = [one["data"] for one in await csms.feed("transaction.billed") if one["subject"] == known]
    assert billed == [bill]


async def test_a_station_of_2_1_is_given_the_tariff_itself(csms: Csms, known: str) -> None:
    tariff = await csms.post("tariffs", {"currency": "EUR", "name": "n", "elements": [{"per": "kwh", "price": "0.35"}]})
    async with csms.station(known, "2.1") as station:
        asked = await csms.command(known, {"type": "set_default_tariff", "tariff_id": tariff["id"]})
        call = await station.next_call()
        assert call[2] == "SetDefaultTariff"
        assert call[3]["tariff"]["energy"] == {"prices": [{"priceKwh": 0.35}]}
        await station.answer(call, {"status": "Accepted"})
        await csms.command_in(asked["id"], "accepted")
