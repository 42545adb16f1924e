from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio


async def test_a_token_is_made_shown_changed_and_forgotten(client):
    body = {
        "token": "04A1b2",
        "type": "ISO14443",
        "status": "accepted",
        "group": "fleet",
        "expires_at": "2030-01-01T00:00:00+01:00",
        "limits": {"max_energy_wh": 5000},
        "evses": [{"station_id": "CS1", "evse_id": 2}],
    }
    made = await client.post("tokens", json=body)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/tokens/04A1b2")
    assert made.json()["expires_at"] == "2029-12-31T23:00:00Z"
    assert made.json()["limits"] == {"max_energy_wh": 5000}
    shown = await client.get("tokens/04a1B2")
    assert shown.json() == made.json()
    tag = shown.headers["ETag"]
    changed = await client.patch("tokens/04a1b2", json={"status": "blocked", "group": None}, headers={"If-Match": tag})
    assert (changed.json()["status"], changed.json()["group"]) == ("blocked", None)
    stale = await client.patch("tokens/04a1b2", json={"status": "accepted"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert (await client.delete("tokens/04a1b2")).status_code == 204
    assert (await client.get("tokens/04a1b2")).status_code == 404


async def test_a_token_and_its_type_exist_once(client):
    assert (await client.post("tokens", json={"token": "a"})).status_code == 201
    assert (await client.post("tokens", json={"token": "A"})).status_code == 409
    assert (await client.post("tokens", json={"token": "A", "type": "eMAID"})).status_code == 201
    both = await client.get("tokens/a")
    assert (both.status_code, "?type=" in both.json()["detail"]) == (409, True)
    assert (await client.get("tokens/a?type=eMAID")).json()["token"] == "A"
    changed = await client.patch("tokens/a?type=eMAID", json={"holder": "Ann"})
    assert (changed.json()["type"], changed.json()["holder"]) == ("eMAID", "Ann")


@pytest.mark.parametrize(
    "body",
    [
        {"token": ""},
        {"token": "a", "type": "RFID"},
        {"token": "a", "status": "Accepted"},
        {"token": "a", "site_ids": ["x"]},
        {"token": "a", "limits": {"max_soc": 101}},
        {"token": "a", "limits": {"max_cost": 5}},
        {"token": "a", "expires_at": "2030-01-01"},
        {"token": "a", "expires_at": "2030-01-01T00:00:00"},
    ],
)
async def test_what_cannot_be_is_refused(client, body):
    assert (await client.post("tokens", json=body)).status_code == 422


async def test_whoever_is_limited_to_sites_knows_the_tokens_that_count_there_alone(client):
    sites = [(await client.post("sites", json={"name": name})).json()["id"] for name in "abc"]
    for token, ids in (("everywhere", None), ("a", sites[:1]), ("ab", sites[:2]), ("bc", sites[1:])):
        await client.post("tokens", json={"token": token, "site_ids": ids})
    key = {"name": "k", "scopes": ["tokens:read", "tokens:write"], "site_ids": sites[:2]}
    own = {"Authorization": f"Bearer {(await client.post('keys', json=key)).json()['key']}"}
    found = await client.get("tokens?limit=1", headers=own)
    then = await client.get("tokens", params={"cursor": found.json()["next_cursor"]}, headers=own)
    assert [one["token"] for one in found.json()["data"] + then.json()["data"]] == ["a", "ab"]
    for token, status in (("everywhere", 404), ("bc", 404), ("ab", 200)):
        assert (await client.get(f"tokens/{token}", headers=own)).status_code == status
        assert (await client.patch(f"tokens/{token}", json={"holder": "x"}, headers=own)).status_code == status
    assert (await client.patch("tokens/ab", json={"site_ids": None}, headers=own)).status_code == 403


async def test_filters(client):
    for token, status in (("aa", "accepted"), ("ab", "blocked"), ("b", "accepted")):
        await client.post("tokens", json={"token": token, "status": status})
    found = (await client.get("tokens?q=A")).json()["data"]
    assert [one["token"] for one in found] == ["aa", "ab"]
    assert len((await client.get("tokens?status=blocked")).json()["data"]) == 1


async def test_a_token_of_any_characters_is_found_where_its_location_leads(client):
    made = await client.post("tokens", json={"token": "é/ 規?"})
    assert made.status_code == 201
    assert (await client.get(made.headers["Location"].removeprefix("/api/v1/"))).json() == made.json()
