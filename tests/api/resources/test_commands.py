from __future__ import annotations

import asyncio

import msgspec
import pytest

from ohmstead import blocks
from ohmstead.bus.local import Bell
from ohmstead.store import commands as queue
from ohmstead.store.resources import stations
from ohmstead.store.statement import Statement
from ohmstead.store.tables import commands as table

pytestmark = pytest.mark.anyio
blocks.discover()


@pytest.fixture
async def online(client, context):
    """CS1, online with 2.0.1; CS2 never was."""
    await client.post("stations", json={"id": "CS1"})
    await client.post("stations", json={"id": "CS2"})
    async with context.db.transaction() as tx:
        row = await stations.find(context.db, 1, None, "CS1")
        await stations.change(tx, 1, row["id"], 1, {"connected_since": 1, "ocpp_version": "2.0.1"})


async def asking(client, context, *requests):
    """Start the requests; their tasks, and the id of the command that they made."""
    with Bell(context.bus, "station") as bell:
        tasks = [asyncio.create_task(request) for request in requests]
        assert await bell.wait(10)
    return tasks, (await client.get("commands")).json()["data"][0]["id"]


def moved(context, id, **values):
    """The station's session moved the command."""
    statement = Statement(table.update().where(table.c.id == id).values(values))

    async def move():
        async with context.db.transaction() as tx:
            await tx.execute(statement)
            tx.ring(queue.COMMAND_TOPIC, id)

    return move()


async def test_a_command_is_queued_and_shown(client, online):
    made = await client.post("stations/CS1/commands", json={"type": "reset", "when": "idle"})
    assert made.status_code == 202
    command = made.json()
    assert made.headers["Location"] == f"/api/v1/commands/{command['id']}"
    assert (command["type"], command["state"], command["fields"]) == ("reset", "queued", {"when": "idle"})
    assert (await client.get(f"commands/{command['id']}")).json() == command
    assert [one["id"] for one in (await client.get("commands?station_id=CS1")).json()["data"]] == [command["id"]]


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"type": "rest"}, 422, "/type"),
        ({"type": 5}, 422, ""),
        ({}, 422, "/type"),
        ({"type": "reset", "when": "soon"}, 422, "/when"),
        ({"type": "reset", "wen": "idle"}, 422, "/wen"),
        ({"type": "reset", "expires_in": 1e300}, 422, "/expires_in"),
        ({"type": "reset", "expires_in": 0}, 422, "/expires_in"),
        ({"ocpp": {"action": "Reset", "payload": {"type": "Soon"}}}, 422, "/ocpp/payload/type"),
        ({"ocpp": {"action": "Reset", "payload": {}}}, 422, "/ocpp/payload/type"),
        ({"ocpp": {"action": "Rest"}}, 422, "/ocpp/action"),
        (
            {
                "ocpp": {
                    "action": "ClearChargingProfile",
                    "payload": {
                        "chargingProfileCriteria": {"chargingProfilePurpose": "ChargingStationExternalConstraints"}
                    },
                }
            },
            422,
            "/ocpp/payload",
        ),  # K04
        ({"ocpp": {"payload": {}}}, 422, "/ocpp"),
        ({"ocpp": {"action": "RemoteStartTransaction"}}, 422, "/ocpp/action"),
    ],
)
async def test_what_the_station_could_not_understand_is_refused(client, online, body, status, pointer):
    answer = await client.post("stations/CS1/commands", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)


async def test_a_raw_call_keeps_the_order_of_its_keys(client, online):
    body = '{"ocpp": {"action": "Reset", "payload": {"type": "OnIdle", "evseId": 1}}}'
    made = await client.post("stations/CS1/commands", content=body)
    assert '"payload": {"type": "OnIdle", "evseId": 1}' in made.text


async def test_offline_a_command_fails_or_waits_as_it_says(client, online):
    assert (await client.post("stations/CS2/commands", json={"type": "reset"})).status_code == 409
    assert (await client.get("commands")).json()["data"] == []
    waiting = await client.post("stations/CS2/commands", json={"type": "reset", "if_offline": "queue"})
    assert waiting.status_code == 202
    operative = await client.post("stations/CS2/commands", json={"type": "availability", "operative": True})
    assert operative.status_code == 202
    raw = {"ocpp": {"action": "ClearCache"}}
    assert (await client.post("stations/CS2/commands", json=raw)).status_code == 409
    assert (await client.post("stations/CS9/commands", json={"type": "reset"})).status_code == 404


@pytest.mark.parametrize(
    ("query", "values", "status"),
    [
        ("wait=10", {"state": "accepted", "answer": '{"status":"Accepted"}', "awaits": '["boot"]'}, 200),
        ("wait=10", {"state": "timed_out"}, 200),
        ("wait=0.01", {"state": "sent"}, 202),
        ("wait=0.01&until=confirmed", {"state": "accepted", "awaits": '["boot"]'}, 202),
        ("wait=10&until=confirmed", {"state": "accepted"}, 200),
        ("wait=10&until=confirmed", {"state": "confirmed"}, 200),
    ],
)
async def test_waiting_ends_with_the_answer(client, online, context, query, values, status):
    request = client.post(f"stations/CS1/commands?{query}", json={"type": "reset"})
    (asked,), id = await asking(client, context, request)
    await moved(context, id, **values)
    answer = await asked
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["state"] == values["state"]


async def test_a_repeat_gets_the_final_answer_and_makes_no_second_command(client, online, context):
    headers = {"Idempotency-Key": "once"}
    path = "stations/CS1/commands?wait=10"
    requests = [client.post(path, json={"type": "reset"}, headers=headers) for _ in range(2)]
    asked, id = await asking(client, context, *requests)
    await moved(context, id, state="rejected", reason="busy")
    first, second = await asyncio.gather(*asked)
    assert first.content == second.content
    assert first.json()["state"] == "rejected"
    assert len((await client.get("commands")).json()["data"]) == 1


async def test_only_what_is_queued_can_be_cancelled(client, online, context):
    id = (await client.post("stations/CS1/commands", json={"type": "reset"})).json()["id"]
    assert (await client.delete(f"commands/{id}")).status_code == 204
    assert (await client.get(f"commands/{id}")).json()["state"] == "cancelled"
    assert (await client.delete(f"commands/{id}")).status_code == 409
    events = [one["type"] for one in (await client.get("events")).json()["data"]]
    assert events == ["ohmstead.command.queued", "ohmstead.command.cancelled"]


async def test_calls_and_errors_are_shown(client, online, context):
    id = (await client.post("stations/CS1/commands", json={"type": "reset"})).json()["id"]
    sent_at = "2026-01-01T00:00:00Z"
    call = queue.CallRecord(message_id="m", action="Reset", payload=msgspec.Raw(b"{}"), sent_at=sent_at)
    values = {"calls": msgspec.json.encode([call]).decode(), "error": '{"code":"NotSupported","description":"no"}'}
    await moved(context, id, state="error", reason="no", **values)
    command = (await client.get(f"commands/{id}")).json()
    assert command["error"] == {"code": "NotSupported", "description": "no"}
    assert command["calls"] == [{"message_id": "m", "action": "Reset", "payload": {}, "sent_at": sent_at}]
