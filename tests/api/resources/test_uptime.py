from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ohmstead.api.resources.uptime import with_end
from ohmstead.domain.uptime import LINE, Point
from ohmstead.runtime import from_datetime

pytestmark = pytest.mark.anyio


def at(day, hour=0):
    return from_datetime(datetime(2025, 3, day, hour, tzinfo=UTC))


@pytest.fixture
async def station(seed):
    row = {"registration": "accepted", "security_profile": 1, "created_at": 1, "connected_since": 1}
    await seed("stations", id=1, identity="CS1", **row)
    for what, time, state in ((LINE, at(1), "Online"), ((1, 1), at(1), "Available"), ((1, 1), at(11), "Faulted")):
        await seed("availability", station_id=1, evse_id=what[0], connector_id=what[1], at=time, state=state)
    await seed("availability", station_id=1, evse_id=1, connector_id=1, at=at(12), state="Available")


async def test_a_month_and_what_does_not_count(client, station):
    (before,) = (await client.get("uptime/2025-03?station_id=CS1")).json()["data"]
    assert before["connectors"] == [{
        "evse_id": 1, "connector_id": 1, "percent": 96.774, "known_s": 31 * 86_400, "offline_s": 0,
        "faulted_s": 86_400, "unavailable_s": 0, "excluded_s": 0,
    }]  # fmt: skip
    body = {"begin": "2025-03-11T00:00:00Z", "end": "2025-03-11T12:00:00Z", "cause": "power_outage", "evse_id": 1}
    made = await client.post("stations/CS1/exclusions", json=body)
    assert made.status_code == 201
    (after,) = (await client.get("uptime/2025-03")).json()["data"]
    assert (after["connectors"][0]["percent"], after["connectors"][0]["excluded_s"]) == (98.387, 43_200)
    assert (await client.get("exclusions?station_id=CS1")).json()["data"] == [made.json()]
    assert (await client.delete(f"exclusions/{made.json()['id']}")).status_code == 204
    assert (await client.get("uptime/2025-03")).json()["data"] == [before]


async def test_what_is_refused(client, station):
    turned = {"begin": "2025-03-12T00:00:00Z", "end": "2025-03-11T12:00:00Z", "cause": "vandalism"}
    assert (await client.post("stations/CS1/exclusions", json=turned)).status_code == 422
    assert (await client.delete("exclusions/9")).status_code == 404
    assert (await client.get("uptime/2025-3")).status_code == 404


def test_a_station_that_went_with_its_server_went_when_it_was_last_seen():
    online = [Point(5, LINE, "Online"), Point(6, (1, 1), "Available")]
    assert with_end(online, 9) == [*online, Point(9, LINE, "Offline")]
    gone = [*online, Point(8, LINE, "Offline")]
    assert with_end(gone, 9) == gone
    assert with_end(online[1:], 9) == online[1:]
