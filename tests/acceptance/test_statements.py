"""What a property platform bills from: the statement of a holder, made anew from sealed records."""

from __future__ import annotations

import csv
import io

import pytest

from ohmstead import runtime
from ohmstead.blocks import no_show
from tests.acceptance.serving import Csms, event

pytestmark = pytest.mark.anyio
MONTH = "2025-03"


async def test_a_statement_is_the_same_for_ever(csms: Csms, known: str) -> None:
    """Energy and cost by hand: 4 kWh and 2 kWh at 0.35; then 1 kWh more, told after the end."""
    await csms.post(
        "tariffs",
        {"currency": "EUR", "name": "House", "default": True, "elements": [{"per": "kwh", "price": "0.35"}]},
    )
    await csms.add_token("FLAT7A", group="flat-7")
    await csms.add_token("FLAT7B", group="Flat-7")
    await csms.add_token("OTHER", group="flat-8")
    await csms.post("holders", {"id": "flat7", "group": "FLAT-7", "name": "M. Weber", "unit": "7"})
    async with csms.station(known) as station:
        for name, token, wh in (("s-1", "FLAT7A", 4000), ("s-2", "FLAT7B", 2000), ("s-3", "OTHER", 9000)):
            await station.call("TransactionEvent", event("Started", 0, 0, name, token=token, evse=1, wh=0))
            await station.call("TransactionEvent", event("Ended", 1, 120, name, wh=wh))
        path = f"holders/flat7/statements/{MONTH}"
        first = await csms.until(lambda: csms.get(path), lambda one: len(one["lines"]) == 2)
        assert (first["energy_wh"], first["open"], first["unit"]) == (6000, 0, "7")
        assert first["totals"] == [{"currency": "EUR", "net": "2.10", "tax": "0.00", "total": "2.10"}]
        await csms.patch("tokens/FLAT7A", {"group": "flat-8"})  # who moves out still pays for what was charged before
        await station.call("TransactionEvent", event("Ended", 2, 130, "s-2", wh=3000))
        later = await csms.until(
            lambda: csms.get(path),
            lambda one: [(line["record_version"], line["bill_version"]) for line in one["lines"]] == [(1, 1), (2, 2)],
        )
        assert (later["energy_wh"], later["totals"][0]["total"]) == (7000, "2.45")
        assert later["digest"] != first["digest"]
        assert await csms.get(path, as_of=first["as_of"]) == first
    (listed,) = (await csms.get(f"statements/{MONTH}", as_of=first["as_of"]))["data"]
    assert listed == first
    table = await csms.api.get(path, params={"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [(row["token"], row["energy_wh"], row["total"]) for row in rows] == [
        ("FLAT7A", "4000.0", "1.40"), ("FLAT7B", "3000.0", "1.05"),
    ]  # fmt: skip
    assert table.headers["x-digest"] == later["digest"]


async def test_a_reservation_that_nobody_used_is_in_the_statement(
    csms: Csms, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the tariff, by hand: 1.50 and 2.50; the station says that it expired (H04)."""
    prices = [{"per": "reservation", "price": "1.50"}, {"per": "no_show", "price": "2.50"}]
    await csms.post("tariffs", {"id": "places", "currency": "EUR", "name": "Places", "elements": prices})
    await csms.add_token("LATE", group="flat-9", tariff_id="places")
    await csms.post("holders", {"id": "flat9", "group": "flat-9", "name": "J. Late"})
    async with csms.station(known) as station:
        made = await csms.post(
            "reservations", {"station_id": known, "token": "LATE", "evse_id": 1, "expires_at": "2099-01-01T00:00:00Z"}
        )
        call = await station.next_call()
        await station.answer(call, {"status": "Accepted"})
        told = {"reservationId": call[3]["id"], "reservationUpdateStatus": "Expired"}
        await station.call("ReservationStatusUpdate", told)
        assert (await csms.api.get(f"reservations/{made['id']}/bill")).status_code == 404
        monkeypatch.setattr(no_show, "GRACE", 0)
        assert await no_show.bill_reservations(csms.server.db, runtime.now()) == 1
    bill = await csms.get(f"reservations/{made['id']}/bill")
    assert [(line["text"], line["amount"]) for line in bill["lines"]] == [
        ("reservation", "1.5"), ("reserved and not used", "2.5"),
    ]  # fmt: skip
    assert [one["data"] for one in await csms.feed("reservation.billed")] == [bill]
    month = bill["ended_at"][:7]
    statement = await csms.get(f"holders/flat9/statements/{month}")
    assert (statement["lines"], statement["totals"][0]["total"]) == ([], "4.00")
    assert [(one["reservation_id"], one["reason"], one["total"]) for one in statement["fees"]] == [
        (made["id"], "expired", "4.00")
    ]
    table = await csms.api.get(f"holders/flat9/statements/{month}", params={"format": "csv"})
    (row,) = csv.DictReader(io.StringIO(table.text))
    assert (row["transaction_id"], row["record_reason"], row["total"]) == (
        "", f"reservation {made['id']} expired", "4.00",
    )  # fmt: skip
