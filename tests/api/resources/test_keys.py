from __future__ import annotations

import pytest

from ohmstead import runtime

pytestmark = pytest.mark.anyio


async def test_a_key_works_until_it_is_revoked(client):
    made = (await client.post("keys", json={"name": "ci", "scopes": ["keys:read"]})).json()
    own = {"Authorization": f"Bearer {made['key']}"}
    listed = (await client.get("keys", headers=own)).json()["data"]
    assert [(one["name"], one["scopes"], "key" in one) for one in listed] == [("ci", ["keys:read"], False)]
    assert (await client.delete(f"keys/{made['id']}", headers=own)).status_code == 403
    assert (await client.delete(f"keys/{made['id']}")).status_code == 204
    assert (await client.get("keys", headers=own)).status_code == 401
    assert (await client.delete(f"keys/{made['id']}")).status_code == 404


async def test_nobody_gives_away_more_than_they_have(client):
    site = (await client.post("sites", json={"name": "a"})).json()["id"]
    body = {"name": "lead", "scopes": ["keys:write", "stations:read"], "site_ids": [site]}
    lead = (await client.post("keys", json=body)).json()
    own = {"Authorization": f"Bearer {lead['key']}"}
    assert (await client.post("keys", json={"name": "x", "scopes": ["admin"]}, headers=own)).status_code == 403
    wider = {"name": "x", "scopes": ["stations:read"], "site_ids": ["77"]}
    assert (await client.post("keys", json=wider, headers=own)).status_code == 403
    same = await client.post("keys", json={"name": "x", "scopes": ["stations:read"]}, headers=own)
    assert same.json()["site_ids"] == [site]


@pytest.mark.parametrize("body", [{"name": "x", "scopes": []}, {"name": "x", "scopes": ["all"]}, {"scopes": ["admin"]}])
async def test_what_cannot_be_is_refused(client, body):
    assert (await client.post("keys", json=body)).status_code == 422


async def test_what_was_done_is_written_down(client):
    await client.post("keys", json={"name": "ci", "scopes": ["admin"]})
    entry = (await client.get("audit")).json()["data"][0]
    assert (entry["action"], entry["actor"]) == ("key.create", "key:bootstrap")


async def test_a_key_stops_by_itself_and_makes_none_that_goes_on(client, monkeypatch):
    clock = runtime.FakeClock()
    monkeypatch.setattr(runtime, "clock", clock)
    soon, later = runtime.rfc3339(clock.at + 60_000_000), runtime.rfc3339(clock.at + 61_000_000)
    body = {"name": "guest", "scopes": ["keys:read", "keys:write"], "expires_at": soon}
    own = {"Authorization": f"Bearer {(await client.post('keys', json=body)).json()['key']}"}
    made = (await client.post("keys", json={"name": "x", "scopes": ["keys:read"]}, headers=own)).json()
    assert made["expires_at"] == soon.replace(".000", "")
    longer = {"name": "x", "scopes": ["keys:read"], "expires_at": later}
    assert (await client.post("keys", json=longer, headers=own)).status_code == 403
    past = {"name": "x", "scopes": ["keys:read"], "expires_at": runtime.rfc3339(clock.at)}
    assert (await client.post("keys", json=past)).status_code == 422
    clock.advance(60)
    assert (await client.get("keys", headers=own)).status_code == 401
