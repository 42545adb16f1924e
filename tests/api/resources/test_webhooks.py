from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio

NEW = {"url": "https://platform.example/hooks", "types": ["ohmstead.transaction.*"]}


async def test_its_secret_is_shown_once(client):
    made = await client.post("webhooks", json=NEW)
    assert made.status_code == 201
    body = made.json()
    assert body["secret"].startswith("whsec_")
    shown = await client.get(f"webhooks/{body['id']}")
    assert "secret" not in shown.json()
    assert shown.json() == {name: value for name, value in body.items() if name != "secret"}
    assert (await client.get("webhooks")).json()["data"] == [shown.json()]


async def test_it_begins_with_the_next_event(client, seed):
    await seed("feed", sequence=41, type="t", at=1, data="1")
    assert (await client.post("webhooks", json=NEW)).json()["sequence"] == 41


async def test_change_and_delete(client):
    id = (await client.post("webhooks", json=NEW)).json()["id"]
    changed = await client.patch(f"webhooks/{id}", json={"enabled": False, "types": ["*"]})
    assert (changed.json()["enabled"], changed.json()["types"], changed.headers["etag"]) == (False, ["*"], '"2"')
    late = await client.patch(f"webhooks/{id}", json={"enabled": True}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert (await client.delete(f"webhooks/{id}")).status_code == 204
    assert (await client.get(f"webhooks/{id}")).status_code == 404


async def test_a_new_secret(client):
    made = (await client.post("webhooks", json=NEW)).json()
    again = (await client.post(f"webhooks/{made['id']}/secret")).json()
    assert again["secret"].startswith("whsec_")
    assert again["secret"] != made["secret"]


async def test_deliveries_and_replay(client, seed):
    id = (await client.post("webhooks", json=NEW)).json()["id"]
    row = {"webhook_id": int(id), "subject": "CS1", "type": "ohmstead.x", "attempts": 3, "first_at": 1, "last_at": 2}
    for sequence, state in ((7, "delivered"), (8, "dead"), (9, "waiting")):
        await seed("deliveries", sequence=sequence, state=state, next_at=5, status=500, error="no", at=1, **row)
    found = (await client.get(f"webhooks/{id}/deliveries", params={"limit": 2})).json()
    assert [(one["id"], one["event_id"], one["state"]) for one in found["data"]] == [
        ("9", "1-9", "waiting"),
        ("8", "1-8", "dead"),
    ]
    rest = await client.get(f"webhooks/{id}/deliveries", params={"limit": 2, "cursor": found["next_cursor"]})
    assert [one["id"] for one in rest.json()["data"]] == ["7"]
    again = await client.post(f"webhooks/{id}/deliveries/8/replay")
    assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (202, "waiting", 0)
    assert (await client.post(f"webhooks/{id}/deliveries/99/replay")).status_code == 404
    dead = (await client.get(f"webhooks/{id}/deliveries", params={"state": "dead"})).json()["data"]
    assert dead == []


@pytest.mark.parametrize(
    "body",
    [
        {"url": "ftp://a.example", "types": ["*"]},
        {"url": "https://user:pw@a.example/", "types": ["*"]},
        {"url": "https://a.example/\n", "types": ["*"]},
        {"url": "https://a\x13.example", "types": ["*"]},
        {"url": "https://a.example", "types": []},
        {"url": "https://a.example", "types": ["transaction.*"]},
        {"url": "https://a.example", "types": ["*"], "site_ids": ["x"]},
    ],
)
async def test_what_cannot_be_is_refused(client, body):
    assert (await client.post("webhooks", json=body)).status_code == 422


async def test_a_key_of_a_site_makes_and_sees_webhooks_of_its_site_only(client):
    site = (await client.post("sites", json={"name": "a"})).json()["id"]
    scopes = ["webhooks:read", "webhooks:write"]
    key = (await client.post("keys", json={"name": "k", "scopes": scopes, "site_ids": [site]})).json()["key"]
    own = {"Authorization": f"Bearer {key}"}
    all_sites = (await client.post("webhooks", json=NEW)).json()["id"]
    mine = await client.post("webhooks", json=NEW, headers=own)
    assert mine.json()["site_ids"] == [site]
    pages = (await client.get("webhooks?limit=1", headers=own)).json()
    assert ([one["id"] for one in pages["data"]], pages["next_cursor"]) == ([mine.json()["id"]], None)
    assert (await client.get(f"webhooks/{all_sites}", headers=own)).status_code == 404
    wider = await client.post("webhooks", json=NEW | {"site_ids": ["99"]}, headers=own)
    assert wider.status_code == 403
