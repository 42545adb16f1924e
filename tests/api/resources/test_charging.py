"""Charging profiles and composite schedules over HTTP; the station's part is played by the test."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from sqlalchemy import update

from ohmstead import runtime
from ohmstead.store import charging, commands, der_controls
from ohmstead.store.db import Write
from ohmstead.store.sessions import find_station
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations
from tests.domain.test_profiles import profile

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


@pytest.fixture
async def station(client, seed):
    await client.post("stations", json={"id": "CS1", "security_profile": 1, "password": "p" * 16})
    return "stations/CS1"


async def number(context):
    return (await find_station(context.db, 1, "CS1")).id


async def online(context):
    async with context.db.transaction() as tx:
        await tx.execute(Statement(update(stations).values(connected_since=NOW, ocpp_version="2.0.1")))


async def test_profiles_and_limits_of_others(client, context, station):
    id = await number(context)
    await context.db.store([], [charging.installed(1, id, profile(5, 16, 10), "CSO", NOW)])
    await context.db.store([], [charging.limited(1, id, charging.Limit(0, "EMS", None, (), NOW))])
    found = (await client.get(f"{station}/charging-profiles")).json()
    (one,) = found["data"]
    assert (one["id"], one["evse_id"], one["purpose"], one["state"]) == (5, 1, "TxDefaultProfile", "installed")
    assert one["schedules"][0]["periods"] == [{"start_s": 0, "limit": 16}, {"start_s": 3600, "limit": 10}]
    assert [(one["source"], one["evse_id"]) for one in found["external_limits"]] == [("EMS", None)]
    assert (await client.get("stations/NO/charging-profiles")).status_code == 404


async def test_put_and_delete_make_commands(client, station):
    made = await client.put(f"{station}/charging-profiles", json={"evse_id": 1, "limit_a": 10})
    assert (made.status_code, made.json()["type"], made.json()["state"]) == (202, "set_charging_profile", "queued")
    schedule = {"unit": "A", "periods": [{"start_s": 0, "limit": 10}], "start_schedule": "2026-01-01T00:00:00Z"}
    body = {"evse_id": 0, "profile": {"purpose": "TxDefaultProfile", "schedules": [schedule]}}
    assert (await client.put(f"{station}/charging-profiles", json=body)).status_code == 202
    body["profile"]["purpose"] = "ChargingStationExternalConstraints"
    assert (await client.put(f"{station}/charging-profiles", json=body)).status_code == 422
    assert (await client.put(f"{station}/charging-profiles", json={"evse_id": 0})).status_code == 422
    gone = await client.delete(f"{station}/charging-profiles", params={"evse_id": 1, "purpose": "TxProfile"})
    assert (gone.status_code, gone.json()["type"]) == (202, "clear_charging_profile")
    both = await client.delete(f"{station}/charging-profiles", params={"evse_id": 1, "id": 3})
    assert both.status_code == 422


async def test_the_composite_schedule_of_a_station_that_is_offline(client, context, station):
    start = runtime.now() - 1_000_000
    one = profile(5, 16, 10, start=start)
    await context.db.store([], [charging.installed(1, await number(context), one, "CSO", start)])
    found = (await client.get(f"{station}/composite-schedule", params={"evse_id": 1, "duration_s": 7200})).json()
    assert [step["limit"] for step in found["periods"]] == [16, 10]
    assert (found["station"], found["station_status"], found["differences"]) == (None, "offline", [])


@pytest.mark.parametrize(("limit", "differences"), [(16, 0), (32, 1)])
async def test_compared_with_the_stations_own(client, context, station, limit, differences):
    start, id = runtime.now() - 1_000_000, await number(context)
    await context.db.store([], [charging.installed(1, id, profile(5, 16, start=start), "CSO", start)])
    await online(context)

    async def answers() -> None:
        queued = None
        while queued is None:
            await asyncio.sleep(0.005)
            queued = await commands.next_queued(context.db, id)
        asked = {"type": "get_composite_schedule", "evse_id": 1, "duration_s": 3600, "unit": "A"}
        assert msgspec.json.decode(queued.body) == asked
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
        answer = msgspec.json.encode({"status": "Accepted", "schedule": schedule})
        (claim,) = await context.db.claim([id])
        write = Write(1, id, *claim)
        commands.write_answered(write, queued.id, commands.Step(state="accepted", answer=answer), [], runtime.now())
        assert await context.db.commit([write], 0) == []
        context.bus.ring(commands.COMMAND_TOPIC, queued.id)

    told, _ = await asyncio.gather(client.get(f"{station}/composite-schedule", params={"evse_id": 1}), answers())
    found = told.json()
    assert found["station"] == [{"start_s": 0, "limit": limit, "purpose": None}]
    assert (found["station_status"], len(found["differences"])) == ("accepted", differences)


async def test_der_controls(client, context, station):
    one = der_controls.Control(control_id="c1", control_type="FreqWatt", is_default=True, superseded=False,
                               source="reported", settings={"priority": 1}, updated_at=NOW)  # fmt: skip
    await context.db.store([], [der_controls.put(1, await number(context), one)])
    (found,) = (await client.get(f"{station}/der-controls")).json()["data"]
    assert (found["control_id"], found["settings"], found["started"]) == ("c1", {"priority": 1}, None)
    assert (await client.get("stations/NO/der-controls")).status_code == 404
