"""Signing in at a real OpenID Connect provider, npm's oidc-provider, in a process of its own.

`tests/acceptance/foreign/install` fetches it (CI does); where it is not, that is said and nothing is tried.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
import pytest

from ohmstead import runtime
from ohmstead.api.oidc import Provider
from ohmstead.oidc_settings import Oidc
from tests.acceptance.foreign_parts import INSTALLED, can_be_skipped
from tests.acceptance.serving import Csms

pytestmark = pytest.mark.anyio
HERE = Path(__file__).parent / "foreign"
NPM = INSTALLED / "node_modules" / "oidc-provider"
needs_provider = pytest.mark.skipif(
    can_be_skipped(NPM, of_node=True),
    reason="oidc-provider is not tried: it needs node, and tests/acceptance/foreign/install fetches it",
)
SECRET = "a secret: with/signs"


@pytest.fixture
async def issuer(csms: Csms) -> AsyncIterator[str]:
    """A provider that this Ohmstead sends people to."""
    assert NPM.is_dir(), "tests/acceptance/foreign/install has not fetched it"
    assert csms.server.httpd is not None
    callback = f"http://127.0.0.1:{csms.server.httpd.port}/api/v1/sign-in/oidc/callback"
    process = await asyncio.create_subprocess_exec(
        "node", str(HERE / "provider.cjs"), callback, str(NPM / "lib" / "index.js"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            line = b""
            while b"listening on port" not in line:
                line = await process.stdout.readline()
                assert line, "the provider ended"
        found = f"http://127.0.0.1:{line.split()[-1].decode()}"
        settings = Oidc(issuer=found, client_id="ohmstead", client_secret=SECRET)
        object.__setattr__(csms.server.context, "oidc", Provider(settings, callback))
        yield found
    finally:
        object.__setattr__(csms.server.context, "oidc", None)
        process.kill()
        await process.wait()


class Browser:
    """It keeps cookies and follows the provider's pages, but not the way back here, which a test may change."""

    def __init__(self, csms: Csms) -> None:
        self.http = httpx.AsyncClient(verify=False, timeout=30)
        self.home = str(csms.api.base_url)

    async def begin(self) -> str:
        answer = await self.http.get(self.home + "sign-in/oidc")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def at_provider(self, url: str, name: str) -> str:
        """Sign in there as `name` and agree; the address that leads back here."""
        for _ in range(15):
            answer = await self.http.get(url)
            while answer.is_redirect:
                url = urljoin(str(answer.url), answer.headers["location"])
                if url.startswith(self.home):
                    return url
                answer = await self.http.get(url)
            action = re.search(r'action="([^"]+)"', answer.text)
            assert action, answer.text
            form = {"prompt": "login", "login": name, "password": "x"}
            form = form if 'name="login"' in answer.text else {"prompt": "consent"}
            answer = await self.http.post(urljoin(str(answer.url), action[1]), data=form)
            url = urljoin(str(answer.url), answer.headers["location"])
        raise AssertionError("the provider goes round in circles")

    async def there_and_back(self, name: str) -> httpx.Response:
        return await self.http.get(await self.at_provider(await self.begin(), name))

    async def is_in(self) -> bool:
        return (await self.http.get(self.home + "sign-in")).status_code == 200


@pytest.fixture
async def browser(csms: Csms) -> AsyncIterator[Browser]:
    one = Browser(csms)
    yield one
    await one.http.aclose()


def changed(url: str, **words: str) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | words
    return f"{url.partition('?')[0]}?{urlencode(query)}"


@needs_provider
async def test_who_has_a_role_gets_in_once(
    csms: Csms, issuer: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = await browser.at_provider(await browser.begin(), "ann")
    answer = await browser.http.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/"), answer.text
    assert "SameSite=Strict; Max-Age=3600" in answer.headers["set-cookie"]
    shown: dict[str, Any] = (await browser.http.get(browser.home + "sign-in")).json()
    assert (shown["name"], shown["kind"], "commands:write" in shown["scopes"]) == ("ann", "user", True)
    assert (await browser.http.get(browser.home + "keys")).status_code == 403
    user = next(one for one in (await csms.get("users"))["data"] if one["name"] == "ann")
    assert (user["issuer"], user["role"]) == (issuer, "operator")
    assert (await csms.api.patch(f"users/{user['id']}", json={"role": "admin"})).status_code == 409
    assert (await browser.http.get(back)).status_code == 401  # said again
    password = {"user": "ann", "password": ""}
    assert (await browser.http.post(browser.home + "sign-in", json=password)).status_code == 401
    now = runtime.now
    with monkeypatch.context() as patch:  # an hour later the provider is asked anew
        patch.setattr(runtime, "now", lambda: now() + 3_601_000_000)
        assert not await browser.is_in()
    assert await browser.is_in()
    await csms.api.delete(f"users/{user['id']}")
    assert not await browser.is_in()


@needs_provider
@pytest.mark.parametrize("name", ["bob", "eve"])
async def test_who_has_no_role_does_not(csms: Csms, issuer: str, browser: Browser, name: str) -> None:
    assert (await browser.there_and_back(name)).status_code == 403
    assert not await browser.is_in()
    assert name not in [one["name"] for one in (await csms.get("users"))["data"]]


@needs_provider
async def test_what_was_tampered_with_gets_nowhere(
    csms: Csms, issuer: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong_nonce = await browser.at_provider(changed(await browser.begin(), nonce="of somebody else"), "ann")
    assert (await browser.http.get(wrong_nonce)).status_code == 401
    wrong_challenge = await browser.at_provider(changed(await browser.begin(), code_challenge="A" * 43), "ann")
    assert (await browser.http.get(wrong_challenge)).status_code == 401
    back = await browser.at_provider(await browser.begin(), "ann")
    async with httpx.AsyncClient(verify=False) as victim:  # a link that somebody is made to click
        assert (await victim.get(back)).status_code == 401
    assert (await browser.http.get(changed(back, state="0" * 64))).status_code == 401
    assert (await browser.http.get(changed(back, iss="http://evil.test"))).status_code == 401
    late = await browser.at_provider(await browser.begin(), "ann")
    now = runtime.now
    monkeypatch.setattr(runtime, "now", lambda: now() + 300_000_000)
    assert (await browser.http.get(late)).status_code == 401  # the ID token has expired
    assert not await browser.is_in()


@needs_provider
async def test_a_provider_with_another_name_is_not_asked(csms: Csms, issuer: str, browser: Browser) -> None:
    settings = Oidc(issuer=issuer.replace("127.0.0.1", "localhost"), client_id="ohmstead", client_secret=SECRET)
    assert csms.server.context.oidc is not None
    foreign = Provider(settings, csms.server.context.oidc.redirect_uri)
    object.__setattr__(csms.server.context, "oidc", foreign)
    answer = await browser.http.get(browser.home + "sign-in/oidc")
    assert answer.status_code == 502
