from __future__ import annotations

import pytest

from ohmstead import blocks
from ohmstead.store.resources import stations

pytestmark = pytest.mark.anyio
blocks.discover()
WANTED = {"station_id": "CS1", "token": "T", "evse_id": 1, "expires_at": "2099-01-01T00:00:00Z"}


@pytest.fixture
async def known(client):
    await client.post("stations", json={"id": "CS1"})
    await client.post("tokens", json={"token": "T", "group": "FAMILY"})


async def test_a_reservation_and_its_command(client, known):
    made = await client.post("reservations", json=WANTED)
    assert made.status_code == 201
    one = made.json()
    assert (one["state"], one["group"], one["evse_id"], one["transaction_id"]) == ("requested", "FAMILY", 1, None)
    assert (await client.get(made.headers["Location"].removeprefix("/api/v1/"))).json() == one
    assert (await client.get("reservations?station_id=CS1&state=requested&token=t")).json()["data"] == [one]
    (command,) = (await client.get("commands")).json()["data"]
    assert (command["id"], command["type"]) == (one["command_id"], "reserve")
    assert (await client.get("audit")).json()["data"][0]["action"] == "reservation.create"


async def test_one_that_was_not_sent_is_cancelled_at_once(client, known):
    one = (await client.post("reservations", json=WANTED)).json()
    gone = await client.delete(f"reservations/{one['id']}")
    assert (gone.status_code, gone.json()["state"]) == (202, "cancelled")
    assert (await client.get(f"commands/{one['command_id']}")).json()["state"] == "cancelled"
    assert (await client.delete(f"reservations/{one['id']}")).status_code == 409
    assert (await client.delete("reservations/99")).status_code == 404


async def test_one_that_the_station_knows_is_taken_back_there(client, context, known, seed):
    station = await stations.find(context.db, 1, None, "CS1")
    times = {"created_at": 1, "changed_at": 1, "expires_at": 4_000_000_000_000_000}
    await seed("reservations", id=7, station_id=station["id"], number=9, token="T", state="active", **times)
    answer = await client.delete("reservations/7")
    assert (answer.status_code, answer.json()["state"]) == (202, "active")
    (command,) = (await client.get("commands")).json()["data"]
    assert command["type"] == "cancel_reservation"


@pytest.mark.parametrize(("token", "said"), [("T", "ISO14443"), ("X", "Central")])
async def test_the_type_is_that_of_the_token_as_it_is_known(client, known, token, said):
    one = (await client.post("reservations", json=WANTED | {"token": token})).json()
    assert one["token_type"] == said
    assert (await client.get("commands")).json()["data"][0]["fields"]["token_type"] == said


@pytest.mark.parametrize(
    ("change", "status"),
    [({"expires_at": "2020-01-01T00:00:00Z"}, 422), ({"station_id": "CS9"}, 404), ({"evse_id": 0}, 422)],
)
async def test_what_cannot_be_reserved(client, known, change, status):
    assert (await client.post("reservations", json=WANTED | change)).status_code == status
