"""Tenants, and the attack: with the key of another tenant every route is asked for what the first one has."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ohmstead import blocks
from ohmstead.api.examples import EXAMPLES, PATHS
from ohmstead.api.resources import ROUTES

pytestmark = pytest.mark.anyio
blocks.discover()
BASE = "http://ohmstead.test/api/v1"
PUBLIC = {
    "health_live", "health_ready", "openapi_document", "asyncapi_document", "docs_page", "docs_file", "problem_page",
    "sign_in", "sign_out", "show_crl", "answer_ocsp",
}  # fmt: skip
"""Without a key, and the same for everybody."""
SPLIT = ("show_sign_in", "stream_events", "stream_stations")
SECRETS = ("CS1", "04A1B2C3D4", "Depot North", "row A", "Van 7", "platform.example", "billing", "Ada", "4711")
"""Words of the first tenant: no answer to the other one holds any of them, but where it repeats what was asked."""


@pytest.fixture
async def north(client) -> dict[str, str]:
    """The headers of another tenant, where the first one has one of everything."""
    operations = {route.handler.__name__: route for route in ROUTES}
    for name, example in EXAMPLES.items():
        route = operations[name]
        path = route.path.format_map(PATHS | ({"id": PATHS[name]} if name in PATHS else {}))
        assert (await client.request(route.method, BASE + path, json=example)).is_success, name
    made = await client.post("tenants", json={"name": "north"})
    assert made.status_code == 201
    return {"Authorization": f"Bearer {made.json()['key']}"}


async def ids(client) -> dict[str, list[str]]:
    """First part of the path -> ids of the first tenant's things."""
    found: dict[str, list[str]] = {"stations": ["CS1"], "tokens": ["04A1B2C3D4"], "events": []}
    for name in ("sites", "tariffs", "commands", "webhooks", "keys", "users", "certificate-authorities"):
        found[name] = [one["id"] for one in (await client.get(name)).json()["data"]]
    return found


def attacks(known: dict[str, list[str]]) -> list[tuple[str, str, str]]:
    """Name, method and path of each route with parameters, filled with what the first tenant has."""
    made = []
    for route in ROUTES:
        first = route.path.split("/")[1]
        if route.parameters and route.handler.__name__ not in PUBLIC:
            for id in known.get(first) or ["1"]:
                made.append((route.handler.__name__, route.method, re.sub(r"{\w+}", id, route.path)))
    return made


async def everything(client) -> list[Any]:
    """What the first tenant sees of its own things."""
    seen = []
    for name in ("stations", "sites", "tokens", "tariffs", "commands", "webhooks", "keys", "users", "tenants"):
        seen.append((await client.get(name)).json()["data"])
    for path in ("sites/1/circuits", "sites/1/limits", "sites/1/load"):
        seen.append((await client.get(path)).json()["data"])
    return seen


async def test_another_tenant_reaches_nothing_by_its_id(client, north):
    before, tried = await everything(client), 0
    for name, method, path in attacks(await ids(client)):
        body = EXAMPLES.get(name, {})
        answer = await client.request(method, BASE + path, json=body if method != "GET" else None, headers=north)
        tried += 1
        if (
            name == "revoke_of_authority"
        ):  # the embedded CA is everybody's; of its certificates it revokes its own alone
            assert answer.json() == {"certificates": 0}
        elif answer.is_success:
            assert method == "GET", (name, path, answer.text)
            assert not [word for word in SECRETS if word in answer.text], (name, answer.text)
            assert answer.json().get("data") == [], (name, answer.text)
        else:
            assert answer.status_code in (400, 403, 404, 409, 415, 422), (name, answer.text)
    assert tried > 100
    assert await everything(client) == before


async def test_another_tenant_sees_nothing_in_any_list(client, north):
    for route in ROUTES:
        name = route.handler.__name__
        if route.method != "GET" or route.parameters or name in PUBLIC or name in SPLIT:
            continue
        answer = await client.get(BASE + route.path, headers=north)
        assert not [word for word in SECRETS if word in answer.text], (name, answer.text)
    audited = (await client.get("audit", headers=north)).json()["data"]
    assert [one["action"] for one in audited] == ["key.create"]
    assert (await client.get("events", headers=north)).json()["data"] == []


async def test_another_tenant_takes_the_same_names(client, north):
    for name in ("create_site", "create_token", "create_tariff"):
        path = {"create_site": "sites", "create_token": "tokens", "create_tariff": "tariffs"}[name]
        assert (await client.post(path, json=EXAMPLES[name], headers=north)).status_code == 201, name
    station = {"id": "CS1", "security_profile": "basic"}
    assert (await client.post("stations", json=station, headers=north)).status_code == 201
    other = {"id": "CS2", "security_profile": "basic", "site_id": "1"}  # the site of the first tenant
    assert (await client.post("stations", json=other, headers=north)).status_code in (403, 404, 422)
    key = {"name": "x", "scopes": ["stations:read"], "site_ids": ["1"]}
    assert (await client.post("keys", json=key, headers=north)).status_code == 422
    assert "CS1" in (await client.get("stations")).text


async def test_one_idempotency_key_in_two_tenants(client, north):
    same = {"Idempotency-Key": "one"}
    mine = await client.post("tokens", json={"token": "04"}, headers=same)
    theirs = await client.post("tokens", json={"token": "05"}, headers={**north, **same})
    assert (mine.status_code, theirs.status_code) == (201, 201)


async def test_only_the_first_tenant_makes_others_and_measures_all(client, north):
    assert (await client.post("tenants", json={"name": "south"}, headers=north)).status_code == 403
    assert (await client.get("metrics", headers=north)).status_code == 403
    assert [one["name"] for one in (await client.get("tenants")).json()["data"]] == ["default", "north"]
    assert [one["path"] for one in (await client.get("tenants", headers=north)).json()["data"]] == ["/ocpp/north/"]
    assert (await client.post("tenants", json={"name": "north"})).status_code == 409
    for name in ("1.6", "ocpp2.0.1", "", "a/b", "North"):
        assert (await client.post("tenants", json={"name": name})).status_code == 422, name


async def test_a_user_of_another_tenant_signs_in_with_its_name(client, north):
    ada = {"name": "Ada", "password": "another passphrase", "role": "viewer"}  # the first tenant has an Ada too
    assert (await client.post("users", json=ada, headers=north)).status_code == 201
    own = {"user": "north/Ada", "password": "another passphrase"}
    del client.headers["Authorization"]
    assert (await client.post("sign-in", json=own)).status_code == 200
    assert (await client.get("stations")).json()["data"] == []
    for user, password in (("Ada", "another passphrase"), ("north/Ada", "a long passphrase"), ("south/Ada", "x")):
        assert (await client.post("sign-in", json={"user": user, "password": password})).status_code == 401
