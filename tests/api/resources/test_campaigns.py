from __future__ import annotations

import pytest
from sqlalchemy import update

from ohmstead import blocks
from ohmstead.store.statement import Statement
from ohmstead.store.tables import campaign_stations, stations

pytestmark = pytest.mark.anyio
blocks.discover()

NEW = {"type": "base_report", "select": {}}


@pytest.fixture
async def fleet(client, seed):
    site = (await client.post("sites", json={"name": "a"})).json()["id"]
    for number in range(1, 5):
        fields = {"registration": "accepted", "security_profile": 1, "created_at": 1}
        place = int(site) if number > 2 else None
        await seed("stations", id=number, identity=f"CS{number}", vendor=f"V{number % 2}", site_id=place, **fields)
    return site


async def test_a_campaign_has_the_stations_of_its_selection(client, fleet, seed, context):
    """Those of the moment when it began, whoever comes or changes later."""
    made = await client.post(
        "campaigns", json=NEW | {"select": {"vendor": "V1"}, "waves": [{"percent": 50}, {"percent": 100}]}
    )
    assert made.status_code == 201
    body = made.json()
    assert (body["state"], body["counts"]["total"], body["counts"]["waiting"]) == ("running", 2, 2)
    assert (body["wave"], body["waves"]) == (1, 2)
    assert [(one["percent"], one["counts"]["waiting"]) for one in body["progress"]] == [(50, 1), (100, 1)]
    late = {"registration": "accepted", "security_profile": 1, "created_at": 1}
    await seed("stations", id=9, identity="CS9", vendor="V1", **late)
    await context.db.store([], [(Statement(update(stations).where(stations.c.id == 3).values(vendor="V0")), {})])
    rows = (await client.get(f"campaigns/{body['id']}/stations")).json()["data"]
    assert [(row["station_id"], row["wave"], row["state"]) for row in rows] == [
        ("CS1", 1, "waiting"),
        ("CS3", 2, "waiting"),
    ]
    named = await client.post("campaigns", json=NEW | {"select": {"station_ids": ["CS2", "CS8"]}})
    assert named.json()["counts"]["total"] == 1
    assert [one["id"] for one in (await client.get("campaigns")).json()["data"]] == [named.json()["id"], body["id"]]


async def test_the_way_back_is_stated_before(client, fleet, context):
    """All that were begun go back, and nobody else."""
    new = {"type": "firmware", "select": {}, "params": {"location": "http://h/2", "signed": False}, "per_minute": 7}
    for wrong in (NEW | {"rollback": {}}, new | {"rollback": {"file_id": 7}}):
        refused = await client.post("campaigns", json=wrong)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/rollback")
    plain = (await client.post("campaigns", json=new)).json()["id"]
    assert "no way back" in (await client.post(f"campaigns/{plain}/rollback")).json()["detail"]
    way = {"location": "http://h/1", "signed": False}
    id = (await client.post("campaigns", json=new | {"rollback": way})).json()["id"]
    assert "cancel it first" in (await client.post(f"campaigns/{id}/rollback")).json()["detail"]
    begun = update(campaign_stations).where(campaign_stations.c.station_id < 3).values(state="failed")
    await context.db.store([], [(Statement(begun), {})])
    await client.post(f"campaigns/{id}/cancel")
    back = await client.post(f"campaigns/{id}/rollback")
    assert back.status_code == 201, back.text
    made = back.json()
    assert (made["params"], made["rollback"], made["per_minute"]) == (way, None, 7)
    rows = (await client.get(f"campaigns/{made['id']}/stations")).json()["data"]
    assert [row["station_id"] for row in rows] == ["CS1", "CS2"]


async def test_it_is_paused_resumed_and_cancelled(client, fleet):
    id = (await client.post("campaigns", json=NEW)).json()["id"]
    assert (await client.post(f"campaigns/{id}/resume")).status_code == 409
    assert (await client.post(f"campaigns/{id}/pause")).json()["state"] == "paused"
    assert (await client.post(f"campaigns/{id}/pause")).status_code == 409
    assert (await client.post(f"campaigns/{id}/resume")).json()["state"] == "running"
    ended = (await client.post(f"campaigns/{id}/cancel")).json()
    assert (ended["state"], ended["counts"]["skipped"]) == ("cancelled", 4)
    assert (await client.post(f"campaigns/{id}/cancel")).status_code == 409
    kinds = [one["type"].split(".")[-1] for one in (await client.get("events")).json()["data"]]
    assert kinds == ["running", "paused", "resumed", "cancelled"]
    assert (await client.get("campaigns", params={"state": "running"})).json()["data"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"select": {"vendor": "nobody"}}, "/select"),
        ({"select": {"value": ["nonsense"]}}, "/value"),
        ({"waves": [{"percent": 50}]}, "/waves/0/percent"),
        ({"waves": [{"percent": 50}, {"percent": 20}, {"percent": 100}]}, "/waves"),
        ({"params": {"bass": "full"}}, "/params"),
        ({"window": {"from_time": "01:00", "to_time": "02:00", "time_zone": "Mars/Base"}}, "/window/time_zone"),
        ({"type": "everything"}, "/type"),
    ],
)
async def test_what_cannot_be_is_refused(client, fleet, change, pointer):
    answer = await client.post("campaigns", json=NEW | change)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_key_of_a_site_reaches_its_stations_only(client, fleet):
    scopes = ["campaigns:read", "campaigns:write", "commands:write"]
    key = (await client.post("keys", json={"name": "k", "scopes": scopes, "site_ids": [fleet]})).json()["key"]
    own = {"Authorization": f"Bearer {key}"}
    everywhere = (await client.post("campaigns", json=NEW)).json()["id"]
    mine = (await client.post("campaigns", json=NEW, headers=own)).json()
    assert mine["counts"]["total"] == 2
    assert [one["id"] for one in (await client.get("campaigns", headers=own)).json()["data"]] == [mine["id"]]
    assert (await client.post(f"campaigns/{everywhere}/cancel", headers=own)).status_code == 404
    weak = (await client.post("keys", json={"name": "w", "scopes": ["campaigns:write"]})).json()["key"]
    refused = await client.post("campaigns", json=NEW, headers={"Authorization": f"Bearer {weak}"})
    assert refused.status_code == 403


async def test_a_repeat_of_the_request_makes_no_second_campaign(client, fleet):
    headers = {"Idempotency-Key": "once"}
    first = await client.post("campaigns", json=NEW, headers=headers)
    again = await client.post("campaigns", json=NEW, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len((await client.get("campaigns")).json()["data"]) == 1
