from __future__ import annotations

import pytest

from ohmstead.store.resources import stations

pytestmark = pytest.mark.anyio


async def test_a_station_is_made_and_shown(client):
    body = {"id": "RDAM|123", "security_profile": "basic", "password": "0123456789abcdef"}
    made = await client.post("stations", json=body)
    assert made.status_code == 201
    assert made.headers["Location"] == "/api/v1/stations/RDAM|123"
    assert "password" not in made.json()
    shown = await client.get("stations/RDAM%7C123")
    assert shown.json() == made.json()
    assert shown.headers["ETag"] == made.headers["ETag"] == '"1"'
    expected = {
        "id": "RDAM|123",
        "online": False,
        "ocpp_version": None,
        "registration": "accepted",
        "security_profile": 1,
        "security_profile_name": "basic",
        "evses": [],
        "vendor": None,
        "clock_skew_s": None,
        "connected_since": None,
    }
    assert shown.json().items() >= expected.items()


@pytest.mark.parametrize(
    ("body", "profile", "has_password"),
    [
        ({}, 1, True),
        ({"security_profile": 2}, 2, True),
        ({"security_profile": "tls_basic", "serial_number": "S1", "signing": "require"}, 2, True),
        ({"security_profile": "none"}, 0, False),
        ({"security_profile": 3, "serial_number": "S1"}, 3, False),
        ({"security_profile": "tls_client_certificate", "certificate_cn": "identity"}, 3, False),
    ],
)
async def test_a_password_is_made_where_one_is_needed(client, context, body, profile, has_password):
    made = (await client.post("stations", json={"id": "CS1", **body})).json()
    assert made["security_profile"] == profile
    assert ("password" in made) is has_password
    if has_password:
        assert len(made["password"]) == 32
        assert "password" not in (await client.get("stations/CS1")).json()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"security_profile": 3}, "/serial_number"),
        ({"security_profile": 0, "password": "0123456789abcdef"}, "/password"),
        ({"security_profile": 3, "serial_number": "S", "password": "0123456789abcdef"}, "/password"),
        ({"security_profile": 2, "serial_number": "S"}, "/security_profile"),
        ({"security_profile": 2, "signing": "require"}, "/security_profile"),
        ({"site_id": "99"}, "/site_id"),
        ({"security_profile": 4}, "/security_profile"),
    ],
)
async def test_what_cannot_be_is_refused(client, body, pointer):
    answer = await client.post("stations", json={"id": "CS1", **body})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_short_password_is_a_finding(client):
    made = await client.post("stations", json={"id": "CS1", "password": "12345678"})
    assert made.json()["findings"][0]["code"] == "short_password"
    findings = (await client.get("findings?station_id=CS1")).json()["data"]
    assert [(one["code"], one["count"]) for one in findings] == [("short_password", 1)]


async def test_an_identity_exists_once(client):
    await client.post("stations", json={"id": "CS1"})
    assert (await client.post("stations", json={"id": "CS1"})).status_code == 409
    assert (await client.delete("stations/CS1")).status_code == 204
    assert (await client.get("stations/CS1")).status_code == 404
    archived = await client.post("stations", json={"id": "CS1"})
    assert (archived.status_code, "was" in archived.json()["detail"]) == (409, True)


async def test_a_change_needs_the_version_that_was_read(client):
    tag = (await client.post("stations", json={"id": "CS1"})).headers["ETag"]
    first = await client.patch("stations/CS1", json={"strictness": "strict"}, headers={"If-Match": tag})
    assert (first.status_code, first.json()["strictness"], first.headers["ETag"]) == (200, "strict", '"2"')
    second = await client.patch("stations/CS1", json={"strictness": None}, headers={"If-Match": tag})
    assert (second.status_code, second.headers["ETag"]) == (412, '"2"')
    assert (await client.patch("stations/CS1", json={"strictness": None}, headers={"If-Match": "*"})).status_code == 200
    assert (await client.delete("stations/CS1", headers={"If-Match": tag})).status_code == 412


async def test_a_change_sets_what_it_names_and_is_audited_without_secrets(client, context):
    await client.post("stations", json={"id": "CS1"})
    row = await stations.find(context.db, 1, None, "CS1")
    body = {
        "registration": "pending",
        "capabilities": {"items_per_get_variables": 4},
        "allow_expired_certificate": 3,
        "password": "another-password",
    }
    shown = (await client.patch("stations/CS1", json=body)).json()
    assert (shown["registration"], shown["capabilities"]) == ("pending", {"items_per_get_variables": 4})
    assert shown["allow_expired_certificate"] == 3
    audit = (await client.get("audit")).json()["data"]
    assert audit[0]["action"] == "station.change"
    assert audit[0]["detail"]["password"] == "***"
    assert "another-password" not in str(audit)
    assert row["version"] == 1


async def test_a_lower_profile_needs_force_and_a_password_its_profile(client):
    await client.post("stations", json={"id": "CS1", "security_profile": 3, "serial_number": "S"})

    async def change(**body):
        return (await client.patch("stations/CS1", json=body)).status_code

    assert await change(security_profile=2) == 409
    assert await change(security_profile=2, force=True) == 422
    assert await change(password="0123456789abcdef") == 422
    assert await change(security_profile=2, force=True, password="0123456789abcdef") == 200
    assert await change(security_profile="tls_client_certificate", serial_number=None) == 422


async def test_a_key_sees_and_makes_only_what_lies_in_its_sites(client):
    sites = [(await client.post("sites", json={"name": name})).json()["id"] for name in "ab"]
    for number, site in enumerate(sites):
        await client.post("stations", json={"id": f"CS{number}", "site_id": site})
    body = {"name": "a", "scopes": ["stations:read", "stations:write"], "site_ids": sites[:1]}
    key = (await client.post("keys", json=body)).json()["key"]
    client.headers["Authorization"] = f"Bearer {key}"
    listed = (await client.get("stations")).json()["data"]
    assert [one["id"] for one in listed] == ["CS0"]
    assert listed[0]["site_id"] == sites[0]
    assert (await client.get("stations/CS1")).status_code == 404
    assert (await client.get("stations/summary")).json()["stations"] == 1
    assert (await client.post("stations", json={"id": "CS8"})).status_code == 403
    assert (await client.post("stations", json={"id": "CS8", "site_id": sites[1]})).status_code == 422
    assert (await client.patch("stations/CS0", json={"site_id": sites[1]})).status_code == 422
    assert (await client.get("tokens")).status_code == 403


async def test_lists_go_on_with_their_cursor(client):
    for number in range(5):
        await client.post("stations", json={"id": f"CS{number}"})
    first = (await client.get("stations?limit=2&sort=-id")).json()
    second = (await client.get("stations", params={"limit": 3, "sort": "-id", "cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in first["data"] + second["data"]] == ["CS4", "CS3", "CS2", "CS1", "CS0"]
    assert second["next_cursor"] is None
    other_order = await client.get("stations", params={"sort": "id", "cursor": first["next_cursor"]})
    assert other_order.status_code == 422


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("q=cs", 2),
        ("online=true", 0),
        ("online=false", 2),
        ("site_id=x", 0),
        ("registration=pending", 1),
        ("security_profile=1", 2),
        ("security_profile=tls_basic", 0),
        ("certificate_expires_before=2099-01-01T00:00:00Z", 0),
    ],
)
async def test_filters(client, query, count):
    await client.post("stations", json={"id": "CS1"})
    await client.post("stations", json={"id": "CS2", "registration": "pending"})
    assert len((await client.get(f"stations?{query}")).json()["data"]) == count
