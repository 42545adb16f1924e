"""Drivers without a contract at a simulated station: by card at its terminal, and by its QR code, to the receipt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ohmstead.charging_settings import Payment
from ohmstead.simulator import Ev, Station
from tests.acceptance.serving import PASSWORD, Csms, serving

pytestmark = pytest.mark.anyio
TARIFF = {"currency": "EUR", "name": "Ad hoc", "default": True, "elements": [{"per": "kwh", "price": "0.50"}]}
NOBODY = {"Authorization": ""}


@pytest.fixture
async def csms(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Csms]:
    async with serving(tmp_path, more={"payment": Payment(provider="local", terminals=True)}) as one:
        await one.add_station()
        await one.post("tariffs", TARIFF)
        yield one


async def over(csms: Csms) -> dict[str, Any]:
    """The only payment, once it is over."""
    found = await csms.until(
        lambda: csms.get("payments"), lambda page: [one["state"] for one in page["data"]] in (["settled"], ["failed"])
    )
    payment: dict[str, Any] = found["data"][0]
    return payment


async def test_by_card_at_the_terminal(csms: Csms) -> None:
    async with Station("CS1", url=csms.url, version="2.1", password=PASSWORD, speed=None) as station:
        await station.boot()
        await station.plug(1, Ev(battery_wh=60_000, soc=20))
        assert await station.pay(vat_number="DE123456789") == "Accepted"
        wh = await station.charge(minutes=30)
        await station.stop()
        await station.wait(5)
        one = await over(csms)
        (told,) = station.controller.payment.settled
    assert (one["provider"], one["reference"], one["vat_number"]) == ("terminal", told["pspRef"], "DE123456789")
    transaction = await csms.transaction()
    assert one["transaction_id"] == transaction["id"]
    assert Decimal(one["settled_amount"]) == Decimal(transaction["total_cost"])
    assert abs(float(one["settled_amount"]) - wh / 1000 * 0.5) < 0.02


async def test_l14_by_the_qr_code(csms: Csms) -> None:
    """What the code holds is worked out by the station alone."""
    async with Station("CS1", url=csms.url, version="2.1", password=PASSWORD, speed=None) as station:
        await station.boot()
        asked = await csms.api.put("stations/CS1/qr-codes", json={"validity_s": 60, "length": 8})
        await csms.command_in(asked.json()["id"], "accepted")
        path = station.qr_link(1, maxcost="2.00").partition("/api/v1/")[2]
        wrong = await csms.api.get(path.replace("totp=", "totp=x"), headers=NOBODY)
        assert (wrong.status_code, station.controller.payment.awaited) == (403, {})
        page = await csms.api.get(path, headers=NOBODY)
        assert (page.status_code, "2.00 EUR" in page.text) == (200, True)
        await station.plug(1, Ev(battery_wh=60_000, soc=20))
        assert (await csms.api.post(path, headers=NOBODY, data={"card": "4242"})).status_code == 201

        async def begun() -> bool:
            await station.wait(1)
            return station.transaction() is not None

        await csms.until(begun, bool)
        await station.charge(minutes=10)
        await station.stop()
        one = await over(csms)
        assert 1 in station.controller.payment.awaited
    transaction = await csms.transaction()
    assert (transaction["token_type"], one["transaction_id"]) == ("DirectPayment", transaction["id"])
    assert (one["state"], one["amount"], one["settled_amount"]) == ("settled", "2.00", transaction["total_cost"])
    receipt = await csms.api.get(one["receipt_url"].partition("/api/v1/")[2], headers=NOBODY)
    assert transaction["total_cost"] in receipt.text
