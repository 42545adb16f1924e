from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio


async def test_a_site_is_made_shown_changed_and_deleted(client):
    made = await client.post("sites", json={"name": "Depot", "time_zone": "Europe/Berlin", "limit_w": 50_000})
    assert made.status_code == 201
    id = made.json()["id"]
    shown = await client.get(f"sites/{id}")
    assert shown.json() == made.json()
    changed = await client.patch(f"sites/{id}", json={"limit_a": [63, 63, 63]}, headers={"If-Match": '"1"'})
    assert (changed.json()["limit_a"], changed.json()["limit_w"]) == ([63, 63, 63], 50_000)
    assert changed.headers["ETag"] == '"2"'
    assert (await client.delete(f"sites/{id}", headers={"If-Match": '"1"'})).status_code == 412
    assert (await client.delete(f"sites/{id}")).status_code == 204
    assert (await client.get("sites")).json()["data"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "a", "time_zone": "Moon/Base"}, "/time_zone"),
        ({"name": "a", "time_zone": "../etc/passwd"}, "/time_zone"),
        ({"name": "a", "parent_id": "5"}, "/parent_id"),
        ({"name": "a", "limit_a": [1]}, "/limit_a"),
        ({"name": ""}, "/name"),
        ({}, "/name"),
    ],
)
async def test_what_cannot_be_is_refused(client, body, pointer):
    answer = await client.post("sites", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_site_with_something_in_it_stays(client):
    outer = (await client.post("sites", json={"name": "outer"})).json()["id"]
    inner = (await client.post("sites", json={"name": "inner", "parent_id": outer})).json()["id"]
    await client.post("stations", json={"id": "CS1", "site_id": inner})
    for id in (outer, inner):
        assert (await client.delete(f"sites/{id}")).status_code == 409


async def test_no_site_lies_inside_itself(client):
    outer = (await client.post("sites", json={"name": "outer"})).json()["id"]
    inner = (await client.post("sites", json={"name": "inner", "parent_id": outer})).json()["id"]
    assert (await client.patch(f"sites/{outer}", json={"parent_id": inner})).status_code == 422
    assert (await client.patch(f"sites/{outer}", json={"parent_id": outer})).status_code == 422
