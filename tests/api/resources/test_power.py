from __future__ import annotations

import json

import msgspec
import pytest

from ohmstead import blocks, runtime
from ohmstead.domain.transactions import Transaction
from ohmstead.store.resources import stations

pytestmark = pytest.mark.anyio
blocks.discover()
MINUTE = 60_000_000


@pytest.fixture
async def charged(client, context, seed):
    """Two EVSEs of CS1 measured half an hour ago; one of them ended ten minutes later."""
    now = runtime.now()
    await client.post("stations", json={"id": "CS1"})
    await client.post("stations", json={"id": "CS2"})
    station = (await stations.find(context.db, 1, None, "CS1"))["id"]
    for number, ended_at in ((1, None), (2, now - 20 * MINUTE)):
        body = Transaction(number, station, f"tx{number}", started_at=now - 90 * MINUTE)
        await seed(
            "transactions", id=number, station_id=station, transaction_id=f"tx{number}", ordinal=0, state="active",
            started_at=body.started_at, ended_at=ended_at, energy_wh=0.0, complete=0,
            body=msgspec.json.encode(body).decode(),
        )  # fmt: skip
        at = now - 30 * MINUTE
        power = {"value": 1.5, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "kW"}}
        told = {
            "eventType": "Updated", "timestamp": runtime.rfc3339(at), "triggerReason": "MeterValuePeriodic", "seqNo": 1,
            "transactionInfo": {"transactionId": f"tx{number}"},
            "meterValue": [{"timestamp": runtime.rfc3339(at), "sampledValue": [power]}],
        }  # fmt: skip
        await seed(
            "ledger", id=number, station_id=station, transaction=number, kind="updated", seq_no=1, at=at,
            received_at=at, action="TransactionEvent",
            request=json.dumps([2, "a", "TransactionEvent", told]), answer='[3,"a",{}]',
        )  # fmt: skip


async def test_what_stations_drew_in_the_last_hour(client, charged):
    answer = (await client.get("stations/power?station_id=CS1&station_id=CS2&station_id=CS3")).json()
    one, other = answer["data"]
    assert (one["station_id"], other["station_id"]) == ("CS1", "CS2")
    assert other["power_w"] == [None] * 60
    assert one["power_w"][:29] == [None] * 29
    assert (one["power_w"][35], one["power_w"][-1]) == (3000.0, 1500.0)
    assert (await client.get("stations/power")).json()["data"] == []


async def test_a_key_of_other_sites_sees_none(client, charged):
    site = (await client.post("sites", json={"name": "a"})).json()["id"]
    body = {"name": "a", "scopes": ["transactions:read"], "site_ids": [site]}
    client.headers["Authorization"] = f"Bearer {(await client.post('keys', json=body)).json()['key']}"
    assert (await client.get("stations/power?station_id=CS1")).json()["data"] == []
