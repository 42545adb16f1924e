"""Where no provider is set, or none answers; a real one is asked in tests/acceptance/test_single_sign_on.py."""

from __future__ import annotations

import pytest

from ohmstead.api.oidc import Provider
from ohmstead.oidc_settings import Oidc

pytestmark = pytest.mark.anyio


async def test_without_a_provider_there_is_no_such_door(client):
    assert (await client.get("sign-in/options")).json() == {"provider": None}
    assert (await client.get("sign-in/oidc")).status_code == 404
    page = await client.get("sign-in/oidc/callback", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_a_provider_that_does_not_answer(client, context):
    settings = Oidc(issuer="http://127.0.0.1:9", client_id="us", label="Here")
    object.__setattr__(context, "oidc", Provider(settings, "http://x/callback"))
    assert (await client.get("sign-in/options")).json()["provider"]["label"] == "Here"
    answer = await client.get("sign-in/oidc")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (502, "provider-away")
    assert (await client.get("sign-in/oidc/callback", params={"state": "guessed", "code": "c"})).status_code == 401
