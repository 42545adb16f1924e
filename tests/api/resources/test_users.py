from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio
ANN = {"name": "Ann", "password": "a long password", "role": "operator"}


async def test_a_user_is_made_changed_and_taken_away(client):
    made = await client.post("users", json=ANN)
    assert (made.status_code, made.json()["name"], "password" in made.text) == (201, "Ann", False)
    path = made.headers["location"].removeprefix("/api/v1/")
    assert (await client.post("users", json={**ANN, "name": "ANN"})).status_code == 409
    changed = await client.patch(path, json={"role": "viewer"}, headers={"If-Match": made.headers["etag"]})
    assert changed.json()["role"] == "viewer"
    again = await client.patch(path, json={"role": "admin"}, headers={"If-Match": made.headers["etag"]})
    assert again.status_code == 412
    assert [one["name"] for one in (await client.get("users")).json()["data"]] == ["Ann"]
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_nobody_gives_away_more_than_they_have(client):
    scopes = ["users:write", "users:read", "stations:read"]
    key = (await client.post("keys", json={"name": "k", "scopes": scopes})).json()["key"]
    refused = await client.post("users", json=ANN, headers={"Authorization": f"Bearer {key}"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "body",
    [{**ANN, "password": "short"}, {**ANN, "role": "king"}, {**ANN, "name": " "}, {**ANN, "site_ids": ["x"]}],
)
async def test_what_cannot_be_is_refused(client, body):
    assert (await client.post("users", json=body)).status_code == 422
