"""Reading device models over HTTP; with a station at the other end see tests/acceptance/test_device_model.py."""

from __future__ import annotations

import pytest

from ohmstead import blocks
from ohmstead.domain.device_model import Attribute, Change, Name, Variable
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


async def test_a_station_of_which_nothing_is_known(client, known):
    answer = await client.get("stations/CS2/device-model")
    empty = {"complete": False, "missing_parts": [], "at": None}
    assert (answer.headers["ETag"], answer.json()) == ('"0"', {"components": [], "report": empty})
    words = await client.get("stations/CS2/device-model?view=vocabulary")
    assert words.json() == {"values": [], "unmapped": [], "report": empty}
    assert (await client.get("stations/CS2/device-model?view=tree")).json()["evses"] == []


async def test_at_a_moment(client, known):
    assert (await client.get("stations/CS1/device-model?at=1970-01-01T00:00:00Z")).json()["components"] == []
    now = await client.get("stations/CS1/device-model?at=2030-01-01T00:00:00Z")
    assert now.json()["components"][0]["variables"][0]["attributes"][0]["value"] == "60"


@pytest.mark.parametrize(
    ("path", "status", "pointer"),
    [
        ("CS3/device-model", 404, None),
        ("CS1/device-model?view=list", 422, "/view"),
        ("CS1/device-model?at=2030-01-01", 422, "/at"),
        ("CS1/device-model/history", 422, "/variable"),
    ],
)
async def test_what_is_refused(client, known, path, status, pointer):
    answer = await client.get(f"stations/{path}")
    assert answer.status_code == status
    assert pointer is None or answer.json()["errors"][0]["pointer"] == pointer


async def test_history_by_variable_and_by_key(client, known):
    by_name = await client.get("stations/CS1/device-model/history?component=ocppcommctrlr&variable=HeartbeatInterval")
    assert [one["value"] for one in by_name.json()["data"]] == ["60"]
    assert (await client.get("stations/CS1/device-model/history?variable=HeartbeatInterval")).json() == by_name.json()


async def test_an_offline_station_is_not_asked(client, known):
    assert (await client.post("stations/CS1/device-model/refresh")).status_code == 409
