from __future__ import annotations

import pytest

from ohmstead import blocks
from ohmstead.store import csms_migrations
from ohmstead.store.sessions import find_station
from tests.domain.test_csms_migration import at

pytestmark = pytest.mark.anyio
blocks.discover()
PATH = "stations/CS1/migration"


async def test_it_is_a_command(client):
    await client.post("stations", json={"id": "CS1"})
    made = await client.post(PATH, json={"url": "wss://other/ocpp", "silence_s": 600})
    assert made.status_code == 202, made.text
    assert (made.json()["type"], made.json()["state"]) == ("migrate", "queued")
    assert (await client.get("stations/CS1")).json()["migration"] is None  # nothing was sent
    for body in ({}, {"url": "http://h"}, {"url": "ws://h", "silence_s": 1}, {"url": "ws://h", "interface": "Wired9"}):
        assert (await client.post(PATH, json=body)).status_code == 422, body
    assert (await client.post("stations/X/migration", json={"url": "ws://h"})).status_code == 404


async def test_an_operator_says_whether_it_arrived(client, context):
    await client.post("stations", json={"id": "CS1"})
    answer = f"{PATH}/answer"
    assert (await client.post(answer, json={"arrived": True})).status_code == 409
    station = await find_station(context.db, 1, "CS1")
    await context.db.store([], [csms_migrations.moved(station.id, None, at("overdue", deadline=None))])
    said = await client.post(answer, json={"arrived": False})
    assert (said.status_code, said.json()["step"]) == (200, "failed")
    shown = (await client.get("stations/CS1")).json()["migration"]
    assert (shown["reason"], shown["slot"]) == ("an operator says that it has not arrived", 2)
    assert (await client.post(answer, json={"arrived": True})).status_code == 409
    assert (await client.post("stations/X/migration/answer", json={"arrived": True})).status_code == 404
    done = (await client.get("audit")).json()["data"]
    assert "station.migration_answer" in {one["action"] for one in done}
