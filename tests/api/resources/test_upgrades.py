from __future__ import annotations

import pytest

from ohmstead import blocks
from ohmstead.store import upgrades
from ohmstead.store.sessions import find_station
from tests.blocks.test_upgrading import moving

pytestmark = pytest.mark.anyio
blocks.discover()
PATH = "stations/CS1/security-profile"


async def test_it_is_a_command_with_the_address_of_the_settings(client):
    await client.post("stations", json={"id": "CS1"})
    made = await client.post(PATH, json={"security_profile": "tls_basic"})
    assert made.status_code == 202, made.text
    shown = made.json()
    assert (shown["type"], shown["state"]) == ("upgrade_security_profile", "queued")
    assert (await client.get("stations/CS1")).json()["upgrade"] is None  # nothing was sent


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"security_profile": 1}, 409),
        ({"security_profile": 3}, 409),
        ({"security_profile": 4}, 422),
        ({"security_profile": 2, "url": "http://h"}, 422),
        ({"security_profile": 2, "interface": "Wired9"}, 422),
        ({}, 422),
    ],
)
async def test_what_is_refused(client, body, status):
    await client.post("stations", json={"id": "CS1"})
    assert (await client.post(PATH, json=body)).status_code == status


async def test_an_unknown_station(client):
    assert (await client.post(PATH, json={"security_profile": 2})).status_code == 404


async def test_one_at_a_time_and_a_patch_ends_it(client, context):
    await client.post("stations", json={"id": "CS1"})
    async with context.db.transaction() as tx:
        found = await find_station(context.db, 1, "CS1")
        statement, arguments = upgrades.moved(found.id, None, moving("proof"))
        await tx.execute(statement, **arguments)
    shown = (await client.get("stations/CS1")).json()["upgrade"]
    assert (shown["step"], shown["from"], shown["from_name"], shown["to_name"]) == ("proof", 1, "basic", "tls_basic")
    answer = await client.post(PATH, json={"security_profile": 2})
    assert (answer.status_code, "already (proof)" in answer.json()["detail"]) == (409, True)
    shown = (await client.patch("stations/CS1", json={"security_profile": 2})).json()
    assert (shown["security_profile"], shown["upgrade"]["step"]) == (2, "failed")
