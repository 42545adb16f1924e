"""C18 to C25 over the wire: a terminal in the station, the page behind its QR code, and how both are settled."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ohmstead.charging_settings import Payment
from ohmstead.domain.totp import totp
from tests.acceptance.serving import Csms, Station, event, serving

pytestmark = pytest.mark.anyio
TARIFF = {"currency": "EUR", "name": "Ad hoc", "default": True, "elements": [{"per": "kwh", "price": "0.50"}]}


@pytest.fixture(scope="module")
async def csms(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Csms]:
    more = {"payment": Payment(provider="local", terminals=True)}
    async with serving(tmp_path_factory.mktemp("data"), more=more) as one:
        await one.post("tariffs", TARIFF)
        yield one


async def with_qr_codes(csms: Csms, station: Station, known: str, status: str = "Accepted") -> str:
    """Let the station have the secret of its QR codes, as its SetVariables brings it; or not take it."""
    asked = await csms.api.put(f"stations/{known}/qr-codes", json={"validity_s": 60, "length": 8})
    assert asked.status_code == 202, asked.text
    call = await station.next_call()
    said = {one["variable"]["name"]: one["attributeValue"] for one in call[3]["setVariableData"]}
    results = [
        {"attributeStatus": status, "component": one["component"], "variable": one["variable"]}
        for one in call[3]["setVariableData"]
    ]
    await station.answer(call, {"setVariableResult": results})
    assert said["URLTemplate"].endswith(f"/api/v1/pay/{known}/{{evse}}?totp={{totp}}&version={{version}}")
    assert said["SharedSecret"] not in asked.text
    return said["SharedSecret"]


async def test_l14_a_qr_code_leads_to_a_start(csms: Csms, known: str) -> None:
    async with csms.station(known, "2.1") as station:
        secret = await with_qr_codes(csms, station, known)
        await with_qr_codes(csms, station, known, "Rejected")  # it goes on with the one it has
        wrong = await csms.api.get(f"pay/{known}/1", params={"totp": "00000000"}, headers={"Authorization": ""})
        assert (wrong.status_code, "form" in wrong.text) == (403, False)
        query = {"totp": totp(secret, 60, 8, int(time.time() * 1e6)), "version": "v1", "maxcost": "3.00"}
        page = await csms.api.get(f"pay/{known}/1", params=query, headers={"Authorization": ""})
        assert (page.status_code, "3.00 EUR" in page.text) == (200, True)
        call = await station.next_call()
        assert call[2:] == ["NotifyWebPaymentStarted", {"evseId": 1, "timeout": 300}]
        await station.answer(call, {})
        declined = await csms.api.post(f"pay/{known}/1", params=query, data={"card": "declined"})
        assert declined.status_code == 402
        paid = await csms.api.post(f"pay/{known}/1", params=query, data={"card": "4242"})
        assert paid.status_code == 201
        start = await station.next_call()
        assert start[2] == "RequestStartTransaction"
        token = start[3]["idToken"]
        assert token["type"] == "DirectPayment"
        await station.answer(start, {"status": "Accepted"})
        begun = event("Started", 0, 0, "qr", token=token, evse=1, wh=0, trigger="RemoteStart")
        begun["transactionInfo"]["remoteStartId"] = start[3]["remoteStartId"]
        answer = await station.call("TransactionEvent", begun)
        assert answer["idTokenInfo"]["status"] == "Accepted"
        assert answer["transactionLimit"] == {"maxCost": 3.0}  # C24.FR.02
        ended = await station.call("TransactionEvent", event("Ended", 1, 60, "qr", wh=2400))
        assert ended["totalCost"] == 1.2
    one = await settled(csms, known)
    assert (one["state"], one["settled_amount"], one["amount"], one["provider"]) == ("settled", "1.20", "3.00", "local")
    receipt = await csms.api.get(one["receipt_url"].partition("/api/v1/")[2], headers={"Authorization": ""})
    assert "2.4 x 0.5 = 1.2" in receipt.text
    kinds = [one["type"].rpartition(".")[2] for one in await csms.feed("payment") if one["subject"] == known]
    assert kinds == ["authorized", "charging", "settled"]


async def settled(csms: Csms, known: str) -> dict[str, Any]:
    found = await csms.until(
        lambda: csms.get("payments", station_id=known),
        lambda page: [one["state"] in ("settled", "cancelled", "failed") for one in page["data"]] == [True],
    )
    payment: dict[str, Any] = found["data"][0]
    return payment


async def test_a_terminal_settles_by_itself(csms: Csms, known: str) -> None:
    """C18, C20, C21: its reference is a token; what it settled is told, and told again."""
    token = {"idToken": "PSP-4711", "type": "DirectPayment"}
    async with csms.station(known, "2.1") as station:
        asked = await station.call("Authorize", {"idToken": token})
        assert asked["idTokenInfo"]["status"] == "Accepted"
        await station.call("TransactionEvent", event("Started", 0, 0, "t", token=token, evse=1, wh=0))
        await station.call("TransactionEvent", event("Ended", 1, 60, "t", wh=1000))
        told = {
            "pspRef": "PSP-4711", "status": "Settled", "settlementAmount": 0.5, "transactionId": "t",
            "settlementTime": "2025-03-01T10:02:00Z", "receiptUrl": "https://psp.test/r/1", "vatNumber": "DE123456789",
        }  # fmt: skip
        assert [await station.call("NotifySettlement", told) for _ in range(2)] == [{}, {}]
        again = await station.call("Authorize", {"idToken": token})
        assert again["idTokenInfo"]["status"] == "NoCredit"
    one = await settled(csms, known)
    assert (one["provider"], one["settled_amount"], one["receipt_url"]) == ("terminal", "0.5", "https://psp.test/r/1")
    assert one["transaction_id"] == (await csms.transaction(station_id=known))["id"]
    assert len([one for one in await csms.feed("payment.settled") if one["subject"] == known]) == 1


async def test_l15_a_vat_number_is_checked(csms: Csms, known: str) -> None:
    async with csms.station(known, "2.1") as station:
        good = await station.call("VatNumberValidation", {"vatNumber": "DE123456789", "evseId": 2})
        bad = await station.call("VatNumberValidation", {"vatNumber": "DE000000000", "evseId": 2})
    assert (good["status"], good["evseId"], good["company"]["name"]) == ("Accepted", 2, "Muster GmbH")
    assert bad == {"vatNumber": "DE000000000", "status": "Rejected", "evseId": 2}  # C18.FR.10


async def test_a_kiosk_starts_for_what_it_reserved(csms: Csms, known: str) -> None:
    """C24; nothing is charged, so nothing is taken (C20.FR.03)."""
    body = {"station_id": known, "evse_id": 1, "reference": "KIOSK-1", "amount": "20.00", "currency": "EUR"}
    assert (await csms.api.post("payments", json=body)).status_code == 409  # it is offline
    async with csms.station(known, "2.1") as station:
        await csms.post("payments", body)
        start = await station.next_call()
        assert start[3]["idToken"] == {"idToken": "KIOSK-1", "type": "DirectPayment"}
        await station.answer(start, {"status": "Accepted"})
        assert (await csms.api.post("payments", json=body)).status_code == 409
        await station.call("TransactionEvent", event("Started", 0, 0, "k", token=start[3]["idToken"], evse=1, wh=5))
        ended = await station.call("TransactionEvent", event("Ended", 1, 60, "k", wh=5))
        assert ended["totalCost"] == 0
    one = await settled(csms, known)
    assert (one["state"], one["settled_amount"]) == ("cancelled", "0.00")
