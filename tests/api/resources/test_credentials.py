from __future__ import annotations

import pytest

from ohmstead import blocks, runtime
from ohmstead.store import credentials
from ohmstead.store.db import Write
from ohmstead.store.resources import stations

pytestmark = pytest.mark.anyio
blocks.discover()


async def test_a_rotation_is_a_command_and_the_password_is_shown_once(client):
    await client.post("stations", json={"id": "CS1"})
    made = await client.post("stations/CS1/credentials", json={}, headers={"Idempotency-Key": "1"})
    assert made.status_code == 202, made.text
    shown = made.json()
    assert (shown["type"], shown["state"], len(shown["password"])) == ("set_password", "queued", 32)
    again = await client.post("stations/CS1/credentials", json={}, headers={"Idempotency-Key": "1"})
    assert again.json() == shown
    kept = await client.get(made.headers["Location"])
    assert shown["password"] not in kept.text
    given = await client.post("stations/CS1/credentials", json={"password": "a-password-of-mine"})
    assert "a-password-of-mine" not in given.text


@pytest.mark.parametrize(("body", "status"), [({"password": "short"}, 422), ({"passwort": "x" * 20}, 422)])
async def test_what_is_refused(client, body, status):
    await client.post("stations", json={"id": "CS1"})
    assert (await client.post("stations/CS1/credentials", json=body)).status_code == status


async def test_profile_3_has_no_password(client):
    await client.post("stations", json={"id": "CS1", "security_profile": 3, "serial_number": "S1"})
    assert (await client.post("stations/CS1/credentials", json={})).status_code == 409
    assert (await client.post("stations/CS1/credentials/restore")).status_code == 409
    assert (await client.post("stations/CS2/credentials", json={})).status_code == 404


async def test_the_former_one_is_taken_back(client, context):
    await client.post("stations", json={"id": "CS1"})
    assert (await client.post("stations/CS1/credentials/restore")).status_code == 409
    row = (await stations.find(context.db, 1, None, "CS1"))["id"]
    now = runtime.now()
    (claim,) = await context.db.claim([row])
    write = Write(1, row, *claim)
    write.changed.append(credentials.offered(row, "h", "answer", now))
    await context.db.commit([write], now)
    assert (await client.get("stations/CS1")).json()["password_pending"] == "answer"
    write = Write(1, row, *claim)
    credentials.write_taken(write, "h", now)
    await context.db.commit([write], now)
    key = {"Idempotency-Key": "once"}
    restored = await client.post("stations/CS1/credentials/restore", headers=key)
    assert (restored.status_code, restored.json()["password_pending"]) == (200, None)
    again = await client.post("stations/CS1/credentials/restore", headers=key)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (restored.json(), "true")
