from __future__ import annotations

import json

import pytest

from tests.acceptance.serving import event

pytestmark = pytest.mark.anyio

NEW = {
    "id": "standard",
    "currency": "EUR",
    "name": "Standard",
    "tax_percent": "19",
    "elements": [{"per": "kwh", "price": "0.40"}],
}


async def test_a_tariff_has_versions(client):
    made = await client.post("tariffs", json=NEW)
    assert (made.status_code, made.json()["version"], made.headers["etag"]) == (201, 1, '"1"')
    body = {name: value for name, value in NEW.items() if name != "id"}
    changed = await client.put("tariffs/standard", json=body | {"name": "Dear"}, headers={"If-Match": '"1"'})
    assert (changed.json()["version"], changed.json()["name"]) == (2, "Dear")
    assert (await client.put("tariffs/standard", json=body, headers={"If-Match": '"1"'})).status_code == 412
    assert [one["version"] for one in (await client.get("tariffs")).json()["data"]] == [2]
    assert (await client.get("tariffs/standard")).json() == changed.json()


async def test_an_id_is_never_used_again(client):
    await client.post("tariffs", json=NEW)
    assert (await client.post("tariffs", json=NEW)).status_code == 409
    assert (await client.delete("tariffs/standard")).status_code == 204
    assert (await client.get("tariffs/standard")).status_code == 404
    assert (await client.get("tariffs")).json()["data"] == []
    assert (await client.post("tariffs", json=NEW)).status_code == 409
    body = {name: value for name, value in NEW.items() if name != "id"}
    assert len((await client.post("tariffs", json=body)).json()["id"]) == 12


async def test_one_default(client):
    await client.post("tariffs", json=NEW | {"default": True})
    await client.post("tariffs", json=NEW | {"id": "other", "default": True})
    found = (await client.get("tariffs")).json()["data"]
    assert [(one["id"], one["default"]) for one in found] == [("other", True), ("standard", False)]


ELEMENT = {"per": "kwh", "price": "0.40"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"currency": "euro"}, "/currency"),
        ({"elements": []}, "/elements"),
        ({"elements": [ELEMENT | {"price": "-1"}]}, "/elements/0/price"),
        ({"elements": [ELEMENT | {"price": 0.4}]}, "/elements/0/price"),
        ({"elements": [ELEMENT | {"from_time": "24:00"}]}, "/elements/0/from_time"),
        ({"elements": [ELEMENT | {"from_date": "2026-02-30"}]}, "/elements"),
        ({"elements": [ELEMENT | {"from_date": "2026-03-02", "to_date": "2026-03-01"}]}, "/elements/0/to_date"),
        ({"min_price": "2", "max_price": "1"}, "/min_price"),
        ({"id": "a b"}, "/id"),
    ],
)
async def test_what_cannot_be_is_refused(client, change, pointer):
    answer = await client.post("tariffs", json=NEW | change)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


BODY = {
    "id": 5, "station": 1, "transaction": "tx", "events": 2, "state": "ended", "started_seen": True,
    "started_at": 1_740_823_200_000_000, "ended_at": 1_740_823_320_000_000, "last_at": 1_740_823_320_000_000,
    "meters": [[0, 1_740_823_200_000_000, 1000, 1_740_823_320_000_000, 6000]],
}  # fmt: skip


@pytest.fixture
async def past(seed):
    """A transaction of two minutes and 5 kWh, without any tariff."""
    await seed("stations", id=1, identity="CS1", registration="accepted", security_profile=1, created_at=1)
    row = {"station_id": 1, "transaction_id": "tx", "ordinal": 0, "state": "ended", "complete": 1}
    times = {"started_at": BODY["started_at"], "ended_at": BODY["ended_at"]}
    await seed("transactions", id=5, energy_wh=5000.0, body=json.dumps(BODY), **row, **times)
    for number, said in ((1, event("Started", 0, 0, wh=1000)), (2, event("Ended", 1, 120, wh=6000))):
        frame = json.dumps([2, str(number), "TransactionEvent", said])
        fields = {"kind": "started", "seq_no": number - 1, "at": number, "received_at": number, "answer": "[3]"}
        await seed("ledger", id=number, station_id=1, transaction=5, action="TransactionEvent", request=frame, **fields)


async def test_what_a_past_transaction_would_cost(client, past):
    await client.post("tariffs", json=NEW)
    made = await client.post("tariffs/standard/simulate", json={"transaction_id": "5"})
    bill = made.json()
    assert (bill["net"], bill["tax"], bill["total"], bill["reason"]) == ("2.00", "0.38", "2.38", "simulated")
    assert bill["lines"] == [{"element": 0, "text": "energy", "quantity": "5", "price": "0.4", "amount": "2"}]
    assert (await client.post("tariffs/standard/simulate", json={"transaction_id": "6"})).status_code == 404
    assert (await client.get("transactions/5/bill")).status_code == 404
    assert "total_cost" not in (await client.get("transactions/5")).json()


async def test_running_cost_and_bills_are_shown(client, past, seed):
    await client.post("tariffs", json=NEW)
    tally = [BODY["started_at"], BODY["ended_at"], 5_000_000, None, [5_000_000]]
    row = {"transaction": 5, "station_id": 1, "tariff_id": "standard", "tariff_version": 1, "time_zone": "UTC"}
    await seed("charges", currency="EUR", total="2.38", tally=json.dumps(tally), bill_version=0, due=0, **row)
    running = (await client.get("transactions/5/bill")).json()
    assert (running["total"], running["reason"], running["version"]) == ("2.38", "running", None)
    shown = (await client.get("transactions/5")).json()
    assert (shown["total_cost"], shown["currency"]) == ("2.38", "EUR")
    for version in (1, 2):
        body = json.dumps(running | {"version": version, "reason": "ended"})
        await seed("bills", transaction=5, version=version, at=1, ended_at=1, reason="ended", body=body)
    assert (await client.get("transactions/5/bill")).json()["version"] == 2
    assert [one["version"] for one in (await client.get("transactions/5/bills")).json()["data"]] == [2, 1]
