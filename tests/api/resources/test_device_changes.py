"""What a change asks of the station, and what is refused; the station's part is in the acceptance tests."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from ohmstead import blocks
from ohmstead.bus.local import Bell
from ohmstead.domain.device_model import Attribute, Change, Name, Variable
from ohmstead.store import commands as queue
from ohmstead.store.device_model import changed
from ohmstead.store.resources import stations
from ohmstead.store.statement import Statement
from ohmstead.store.tables import commands as table

pytestmark = pytest.mark.anyio
blocks.discover()

ROTATION = Name("Ocpp16", "ConnectorPhaseRotation")
PATH = "stations/CS1/device-model"


@pytest.fixture
async def online(client, context):
    """CS1 of 1.6, online, with two connectors; CS2 that never came."""
    for identity in ("CS1", "CS2"):
        await client.post("stations", json={"id": identity})
    row = await stations.find(context.db, 1, None, "CS1")
    async with context.db.transaction() as tx:
        await stations.change(tx, 1, row["id"], 1, {"connected_since": 1, "ocpp_version": "1.6"})
    one = Variable(ROTATION, (Attribute(value="1.RST,2.RST", mutability="ReadWrite", updated_at=10),))
    await context.db.store([], await changed(context.db, 1, row["id"], [Change(ROTATION.key, None, one)], 10))


async def asked(client, context, body, wait=30, **values):
    """Ask for a change; its command ends with `values`. The command's body, and the results."""
    with Bell(context.bus, "station") as bell:
        task = asyncio.create_task(client.patch(f"{PATH}?wait={wait}", json=body))
        assert await bell.wait(10)
    command = (await client.get("commands")).json()["data"][0]
    if values:
        async with context.db.transaction() as tx:
            await tx.execute(Statement(table.update().where(table.c.id == command["id"]).values(values)))
            tx.ring(queue.COMMAND_TOPIC, command["id"])
    answer = await task
    assert answer.headers["Location"] == f"/api/v1/commands/{command['id']}"
    return command["fields"]["variables"], answer.json()["results"]


def results(*statuses):
    return msgspec.json.encode([{"status": status, "value": "v", "variable": "V"} for status in statuses]).decode()


async def test_two_words_in_one_key(client, context, online):
    words = [{"name": "evse.phase_rotation", "evse_id": n, "value": "SRT"} for n in (1, 2)]
    sent, found = await asked(
        client, context, {"values": words}, state="accepted", results=results("accepted", "rejected")
    )
    assert [one["value"] for one in sent] == ["1.SRT,2.RST", "1.SRT,2.SRT"]
    assert [(one["evse_id"], one["value"], one["status"]) for one in found] == [
        (1, "SRT", "accepted"), (2, "SRT", "rejected")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"state": "error", "reason": "Unsupported"}, "not_sent"),
        (
            {"state": "error", "calls": '[{"message_id":"1","action":"A","payload":{}}]', "reason": "internal"},
            "unknown",
        ),
        ({"state": "timed_out", "calls": '[{"message_id":"1","action":"A","payload":{}}]'}, "unknown"),
        ({"state": "accepted", "results": results("reboot_required")}, "reboot_required"),
    ],
)
async def test_how_it_ended(client, context, online, values, status):
    _, found = await asked(client, context, {"variables": [{"variable": "K", "value": "1"}]}, **values)
    assert [(one["variable"], one["value"], one["status"]) for one in found] == [("K", "1", status)]


async def test_what_nobody_took_in_time_is_taken_back(client, context, online):
    _, found = await asked(client, context, {"variables": [{"variable": "K", "value": "1"}]}, wait=1)
    assert found[0]["status"] == "not_sent"
    assert (await client.get("commands")).json()["data"][0]["state"] == "cancelled"


async def test_what_is_on_the_wire_is_unknown(client, context, online):
    call = '[{"message_id":"1","action":"A","payload":{}}]'
    body = {"variables": [{"variable": "K", "value": "1"}]}
    _, found = await asked(client, context, body, wait=1, state="sent", calls=call)
    assert (found[0]["status"], found[0]["reason"].startswith("no answer yet")) == ("unknown", True)


async def test_secrets_and_unknown_words_ask_nothing(client, online):
    body = {"variables": [{"variable": "AuthorizationKey", "value": "s" * 20}]}
    answer = await client.patch(PATH, json=body)
    assert [(one["status"], one["value"]) for one in answer.json()["results"]] == [("not_sent", None)]
    answer = await client.patch(PATH, json={"values": [{"name": "evse.curent.max", "value": 16}]})
    assert "evse.current.max" in answer.json()["results"][0]["reason"]
    assert (await client.get("commands")).json()["data"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"values": []}, 422),
        ({"values": [{"name": "a", "value": 1}], "variables": [{"variable": "a", "value": "1"}]}, 422),
        ({"variables": [{"variable": "a", "value": 1}]}, 422),
        ({"variables": [{"variable": "a", "value": "1", "evse": 1}]}, 422),
    ],
)
async def test_bodies_that_are_refused(client, online, body, status):
    assert (await client.patch(PATH, json=body)).status_code == status


async def test_a_station_that_never_came(client, online):
    answer = await client.patch("stations/CS2/device-model", json={"variables": [{"variable": "a", "value": "1"}]})
    assert answer.status_code == 409


async def test_another_version_than_was_read(client, online):
    body = {"variables": [{"variable": "a", "value": "1"}]}
    assert (await client.patch(PATH, json=body, headers={"If-Match": '"7"'})).status_code == 412
