"""What differs, over HTTP."""

from __future__ import annotations

import pytest

from ohmstead import blocks
from ohmstead.domain.device_model import Attribute, Change, Name, Variable
from ohmstead.store import word_values
from ohmstead.store.device_model import changed
from ohmstead.store.resources import stations

pytestmark = pytest.mark.anyio
blocks.discover()
INTERVAL = Name("OCPPCommCtrlr", "HeartbeatInterval")


@pytest.fixture
async def known(client, context):
    """CS1 with one variable since 10 microseconds after the epoch; CS2 that never came."""
    for identity in ("CS1", "CS2"):
        await client.post("stations", json={"id": identity})
    row = await stations.find(context.db, 1, None, "CS1")
    async with context.db.transaction() as tx:
        await stations.change(tx, 1, row["id"], 1, {"ocpp_version": "2.0.1"})
    one = Variable(INTERVAL, (Attribute(value="60", mutability="ReadWrite", updated_at=10),))
    await context.db.store([], await changed(context.db, 1, row["id"], [Change(INTERVAL.key, None, one)], 10))


async def test_differences(client, known):
    found = (await client.get("stations/CS1/device-model/diff?against=station:CS2")).json()
    assert (found["station_id"], found["against"]) == ("CS1", "CS2")
    assert found["differences"] == [
        {"variable": "HeartbeatInterval", "component": "OCPPCommCtrlr", "kind": "missing", "left": "60"}
    ]
    assert (await client.get("stations/CS1/device-model/diff?against=CS1")).json()["differences"] == []


TEMPLATE = {"values": [{"name": "connection.heartbeat_interval", "value": 300}]}


async def test_a_station_and_a_template(client, known):
    right = {"name": "connection.heartbeat_interval", "kind": "value", "left": 60, "right": 300, "unit": "s"}
    found = (await client.post("stations/CS1/device-model/diff", json=TEMPLATE)).json()
    assert (found["against"], found["words"], found["differences"]) == ("template", [right], [])
    assert (
        await client.put("desired/depot", json={"applies_to": None, "desired": {"configuration": TEMPLATE["values"]}})
    ).is_success
    stored = (await client.get("stations/CS1/device-model/diff?against=desired:depot")).json()
    assert stored["words"] == [right]
    body = {"variables": [
        {"variable": "HeartbeatInterval", "value": "60.0"},
        {"component": "AcmeCtrlr", "variable": "Colour", "value": "red"},
    ]}  # fmt: skip
    found = (await client.post("stations/CS1/device-model/diff", json=body)).json()
    assert found["differences"] == [{"variable": "Colour", "component": "AcmeCtrlr", "kind": "added", "right": "red"}]


async def test_the_fleet_and_a_template(client, known, context):
    await word_values.refresh(context.db)
    page = (await client.post("device-models/diff", json=TEMPLATE)).json()
    assert [one["station_id"] for one in page["data"]] == ["CS1"]
    assert page["data"][0]["words"][0]["left"] == 60
    await client.put("desired/depot", json={"applies_to": None, "desired": {"configuration": TEMPLATE["values"]}})
    assert (await client.get("device-models/diff?desired=depot")).json() == page
    assert (await client.get("device-models/diff?desired=depot&ocpp_version=1.6")).json()["data"] == []
    assert (await client.get("device-models/diff?word=connection.heartbeat_interval")).json()["data"] == []
    groups = (await client.get("device-models/words/connection.heartbeat_interval")).json()
    assert groups == {"data": [{"value": 60, "unit": "s", "stations": 1}], "next_cursor": None}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "pointer"),
    [
        ("GET", "stations/CS1/device-model/diff", None, 422, "/against"),
        ("GET", "stations/CS1/device-model/diff?against=CS9", None, 422, "/against"),
        ("GET", "stations/CS1/device-model/diff?against=desired:none", None, 422, "/against"),
        ("POST", "stations/CS9/device-model/diff", TEMPLATE, 404, None),
        ("POST", "stations/CS1/device-model/diff", {"values": [{"name": "no.word", "value": 1}]}, 422, "/values/0"),
        ("POST", "stations/CS1/device-model/diff", {"variables": [{"variable": "AuthorizationKey", "value": "x"}]},
         422, "/variables/0"),
        ("GET", "device-models/diff", None, 422, "/desired"),
        ("GET", "device-models/diff?word=no.word", None, 422, "/word"),
        ("GET", "device-models/words/no.word", None, 404, None),
    ],
)  # fmt: skip
async def test_what_is_refused(client, known, method, path, body, status, pointer):
    answer = await client.request(method, path, json=body)
    assert answer.status_code == status
    assert pointer is None or answer.json()["errors"][0]["pointer"] == pointer
