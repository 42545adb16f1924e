"""What a property platform bills from: the statement of a holder, made anew from sealed records."""

from __future__ import annotations

import csv
import io

import pytest

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
