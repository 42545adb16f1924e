"""A browser signs in, acts, and is signed out: with cookies, as a browser has them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from ohmstead import runtime
from ohmstead.api.app import create_app

pytestmark = pytest.mark.anyio
KEY = "k" * 32
ANN = {"name": "Ann", "password": "a long password", "role": "operator"}


@pytest.fixture
async def browser(context):
    transport = httpx.ASGITransport(create_app(context))
    async with httpx.AsyncClient(transport=transport, base_url="http://ohmstead.test/api/v1/") as one:
        yield one


async def sign_in(browser, **body):
    answer = await browser.post("sign-in", json=body)
    if answer.status_code == 200:
        browser.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return answer


async def test_with_a_key_in_the_password_field_alone(browser):
    assert (await browser.get("stations")).status_code == 401
    assert (await sign_in(browser, password=f" {KEY}\n")).json()["name"] == "bootstrap key"
    assert (await browser.get("stations")).status_code == 200
    assert (await browser.post("sites", json={"name": "a"})).status_code == 201
    assert (await browser.delete("sign-in")).status_code == 204
    assert (await browser.get("stations")).status_code == 401


async def test_a_forged_request_has_no_token(browser):
    await sign_in(browser, password=KEY)
    del browser.headers["X-CSRF-Token"]
    assert (await browser.get("sign-in")).status_code == 200
    for headers in ({}, {"X-CSRF-Token": "guessed"}):
        assert (await browser.post("sites", json={"name": "a"}, headers=headers)).status_code == 403
        assert (await browser.delete("sign-in", headers=headers)).status_code == 403


async def test_as_a_user_who_may_do_what_the_role_may(browser, client):
    user = (await client.post("users", json=ANN)).json()
    assert (await sign_in(browser, user="ann", password="a long passwort")).status_code == 401
    assert (await sign_in(browser, user="bob", password="a long password")).status_code == 401
    signed_in = (await sign_in(browser, user="ann", password="a long password")).json()
    assert (signed_in["kind"], "commands:write" in signed_in["scopes"]) == ("user", True)
    assert (await browser.get("keys")).status_code == 403
    assert (await browser.post("tokens", json={"token": "A"})).status_code == 201
    actors = [one["actor"] for one in (await client.get("audit", params={"action": "token.create"})).json()["data"]]
    assert actors == [f"user:{user['id']}"]
    await client.patch(f"users/{user['id']}", json={"role": "viewer"})
    assert (await browser.get("stations")).status_code == 401  # signed out by the change


async def test_guessing_is_slowed_down(browser, client):
    await client.post("users", json=ANN)
    statuses = [(await sign_in(browser, user="Ann", password=f"{n}")).status_code for n in range(12)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert (await sign_in(browser, password=KEY)).status_code == 200


async def test_a_link_works_once_and_for_an_hour(browser, client, monkeypatch):
    link = (await client.post("sign-in/links")).json()["path"].removeprefix("/#link=")
    assert (await sign_in(browser, link=link)).status_code == 200
    assert (await browser.get("stations")).status_code == 200
    browser.cookies.clear()
    assert (await sign_in(browser, link=link)).status_code == 401
    late = (await client.post("sign-in/links")).json()["path"].removeprefix("/#link=")
    now = runtime.now()
    monkeypatch.setattr(runtime, "now", lambda: now + 3_700_000_000)
    assert (await sign_in(browser, link=late)).status_code == 401


async def test_a_session_ends_with_its_key_and_after_half_a_day(browser, client, monkeypatch):
    made = (await client.post("keys", json={"name": "k", "scopes": ["stations:read"]})).json()
    await sign_in(browser, password=made["key"])
    assert (await browser.get("stations")).status_code == 200
    await client.delete(f"keys/{made['id']}")
    assert (await browser.get("stations")).status_code == 401
    await sign_in(browser, password=KEY)
    now = runtime.now()
    monkeypatch.setattr(runtime, "now", lambda: now + 13 * 3_600_000_000)
    assert (await browser.get("stations")).status_code == 401


async def test_no_secret_is_kept_in_clear(browser, context, client):
    await client.post("users", json=ANN)
    await sign_in(browser, user="ann", password=ANN["password"])
    cookie = browser.cookies["ohmstead_session"]
    link = (await client.post("sign-in/links", headers={"Idempotency-Key": "x"})).json()["path"].partition("=")[2]
    kept = all_files(context)
    for secret in (cookie, link, ANN["password"]):
        assert secret.encode() not in kept


def all_files(context):
    return b"".join(path.read_bytes() for path in Path(context.settings.data_dir).glob("ohmstead.db*"))


async def test_by_tls_the_cookie_stays_with_tls(browser):
    answer = await browser.post("sign-in", json={"password": KEY}, headers={"X-Forwarded-Proto": "https"})
    assert "; Secure" in answer.headers["set-cookie"]
