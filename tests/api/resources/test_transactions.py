from __future__ import annotations

import msgspec
import pytest

from ohmstead import blocks
from ohmstead.domain.transactions import Transaction
from ohmstead.store.resources import stations

pytestmark = pytest.mark.anyio
blocks.discover()
NOW = 1_764_000_000_000_000
FRAME = (
    '[2,"a","TransactionEvent",{"eventType":"Updated","timestamp":"2025-11-24T16:00:00Z","triggerReason":"Trigger",'
    '"seqNo":0,"transactionInfo":{"transactionId":"tx1"},"meterValue":[{"timestamp":"2025-11-24T16:00:00Z",'
    '"sampledValue":[{"value":1.5,"unitOfMeasure":{"unit":"kWh"}}]}]}]'
)


@pytest.fixture
async def booked(client, context, seed):
    await client.post("stations", json={"id": "CS1"})
    station = await stations.find(context.db, 1, None, "CS1")
    for number, state in ((1, "active"), (2, "ended")):
        one = Transaction(number, station["id"], f"tx{number}", state=state, events=1, started_at=NOW + number)
        await seed(
            "transactions",
            id=number,
            station_id=station["id"],
            transaction_id=one.transaction_id,
            ordinal=0,
            state=state,
            started_at=one.started_at,
            energy_wh=0.0,
            complete=0,
            body=msgspec.json.encode(one).decode(),
        )
    values = {"kind": "updated", "seq_no": 0, "at": NOW, "received_at": NOW, "action": "TransactionEvent"}
    ids = {"id": 1, "station_id": station["id"], "transaction": 1}
    await seed("ledger", **ids, **values, request=FRAME, answer='[3,"a",{}]')


async def test_transactions_are_listed_and_shown(client, booked):
    listed = (await client.get("transactions")).json()["data"]
    assert [one["transaction_id"] for one in listed] == ["tx2", "tx1"]
    assert (await client.get("transactions/1")).json() == listed[1]
    assert listed[1]["station_id"] == "CS1"
    assert (await client.get("transactions/7")).status_code == 404


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("state=active", 1),
        ("incomplete=true", 2),
        ("incomplete=false", 0),
        ("from=2025-11-24T16:00:00.000002Z", 1),
        ("to=2025-11-24T16:00:00%2B00:00", 0),
        ("station_id=CS1&transaction_id=tx1", 1),
        ("site_id=4", 0),
        ("token=x", 0),
    ],
)
async def test_filters(client, booked, query, count):
    assert len((await client.get(f"transactions?{query}")).json()["data"]) == count


@pytest.mark.parametrize("query", ["state=open", "from=yesterday", "from=2025-11-24T16:00:00", "resolution=5"])
async def test_what_is_no_filter_is_refused(client, booked, query):
    assert (await client.get(f"transactions?{query}")).status_code == 422


async def test_its_events_and_values(client, booked):
    (event,) = (await client.get("transactions/1/events")).json()["data"]
    assert (event["action"], event["payload"]["seqNo"], event["answer"]) == ("TransactionEvent", 0, {})
    (value,) = (await client.get("transactions/1/meter-values?resolution=60")).json()["data"]
    assert (value["value"], value["unit"], value["measurand"]) == (1500.0, "Wh", "Energy.Active.Import.Register")
    for path in ("events", "meter-values"):
        assert (await client.get(f"transactions/7/{path}")).status_code == 404


async def test_stop_is_a_command(client, context, booked):
    assert (await client.post("transactions/2/stop")).status_code == 409
    assert (await client.post("transactions/1/stop")).status_code == 409  # it is offline
    async with context.db.transaction() as tx:
        row = await stations.find(context.db, 1, None, "CS1")
        await stations.change(tx, 1, row["id"], 1, {"connected_since": 1, "ocpp_version": "2.0.1"})
    asked = await client.post("transactions/1/stop")
    assert (asked.status_code, asked.json()["type"]) == (202, "stop")
    assert asked.json()["fields"] == {"transaction_id": "tx1"}
