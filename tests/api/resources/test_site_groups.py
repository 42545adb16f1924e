"""Groups of sites over HTTP, and events for them."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio
GROUPS = "site-groups"
TIMES = {"from": "2030-01-01T17:00:00Z", "to": "2030-01-01T19:00:00Z"}


@pytest.fixture
async def sites(client):
    return [(await client.post("sites", json={"name": name})).json()["id"] for name in ("a", "b", "c")]


async def test_a_group_from_its_making_to_its_end(client, sites):
    made = await client.post(GROUPS, json={"name": "North", "site_ids": [sites[0], sites[1], sites[0]]})
    assert (made.status_code, made.json()["site_ids"], made.headers["etag"]) == (201, sites[:2], '"1"')
    one = f"{GROUPS}/{made.json()['id']}"
    assert (await client.post(GROUPS, json={"name": "North", "site_ids": sites})).status_code == 409
    other = (await client.post(GROUPS, json={"name": "South", "site_ids": sites[2:]})).json()
    assert (await client.patch(f"{GROUPS}/{other['id']}", json={"name": "North"})).status_code == 409
    changed = await client.patch(one, json={"site_ids": sites[1:]}, headers={"If-Match": '"1"'})
    assert (changed.json()["name"], changed.json()["site_ids"]) == ("North", sites[1:])
    assert (await client.patch(one, json={"name": "N"}, headers={"If-Match": '"1"'})).status_code == 412
    assert [row["name"] for row in (await client.get(GROUPS)).json()["data"]] == ["North", "South"]
    kept = await client.delete(f"sites/{sites[1]}")
    assert (kept.status_code, "group 'North'" in kept.text) == (409, True)
    assert (await client.delete(one)).status_code == 204
    assert (await client.get(one)).status_code == 404
    assert (await client.delete(f"sites/{sites[1]}")).status_code == 204


@pytest.mark.parametrize("wrong", [{"name": ""}, {"site_ids": []}, {"site_ids": ["99"]}])
async def test_what_makes_no_sense(client, sites, wrong):
    assert (await client.post(GROUPS, json={"name": "N", "site_ids": sites, **wrong})).status_code == 422


async def test_an_event_a_settlement_and_a_signal_for_a_group(client, sites, seed):
    group = (await client.post(GROUPS, json={"name": "North", "site_ids": sites[:2]})).json()["id"]
    ask = {"group_ids": [group], "site_ids": sites[1:], "limit_w": 5, **TIMES}
    event = await client.post("demand-response/events", json=ask)
    assert sorted(event.json()["site_ids"]) == sorted(sites)
    wrong = await client.post("demand-response/events", json={**ask, "group_ids": ["9"]})
    assert (wrong.status_code, "/group_ids/0" in wrong.text) == (422, True)
    settled = await client.get("demand-response/settlement", params={**TIMES, "group_id": group})
    assert (settled.status_code, settled.json()["data"]) == (200, [])
    missing = await client.get("demand-response/settlement", params={**TIMES, "group_id": "9"})
    assert missing.status_code == 404
    await client.post("stations", json={"id": "CS1", "security_profile": 1, "password": "p" * 16, "site_id": sites[0]})
    sent = (await client.post("afrr-signals", json={"signal": 1, "group_ids": [group]})).json()
    assert [(one["station_id"], one["state"]) for one in sent["data"]] == [("CS1", "skipped")]
