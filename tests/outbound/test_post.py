"""One POST: what is signed, and what counts as taken. The witness is the reference library of Standard Webhooks."""

from __future__ import annotations

import time

import httpx
import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from ohmstead.outbound.post import headers, post

SECRET, OTHER = "whsec_" + "QUJDRA==", "whsec_" + "RUZHSA=="
HERE = ["127.0.0.1"]


def test_signatures_verify_elsewhere():
    body = b'{"a": 1}'
    given = headers([SECRET, OTHER], "1-7", int(time.time()), body)
    for secret in (SECRET, OTHER):
        assert Webhook(secret).verify(body, given) == {"a": 1}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", given)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "SUpLTA==").verify(body, given)


def answering(answer) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


@pytest.mark.anyio
@pytest.mark.parametrize("url", ["https://a\x13.example/", "https://xn--/", "https://[::1/", "https://a:99999/"])
async def test_nothing_is_raised_for_an_address_that_is_none(url: str) -> None:
    async with answering(lambda _: httpx.Response(204)) as client:
        assert (await post(client, url, b"x", {}, HERE)).error is not None


@pytest.mark.anyio
async def test_the_address_that_was_looked_at_is_called_under_its_name():
    def seen(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "127.0.0.1"
        assert request.headers["host"] == "localhost:8443"
        assert request.extensions["sni_hostname"] == "localhost"
        assert (request.url.path, request.url.query) == ("/in", b"a=b")
        return httpx.Response(204)

    allowed = ["127.0.0.0/8", "::1"]
    one = await post(answering(seen), "https://localhost:8443/in?a=b", b"x", {}, allowed)
    assert one.error is None or "::1" in one.error


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "status", "error", "wait"),
    [
        (httpx.Response(200), 200, None, 0),
        (httpx.Response(302, headers={"location": "http://10.0.0.1/"}), 302, "redirects are not followed", 0),
        (httpx.Response(503, headers={"retry-after": "7"}), 503, "answered 503", 7),
        (httpx.Response(500, headers={"retry-after": "Fri, 1 Jan"}), 500, "answered 500", 0),
        (httpx.ConnectError("refused"), None, "no answer: ConnectError refused", 0),
    ],
)
async def test_what_counts_as_taken(answer, status, error, wait):
    def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    got = await post(answering(handler), "http://127.0.0.1/", b"x", {}, HERE)
    assert (got.status, got.retry_after) == (status, wait)
    assert got.error == error or (error and got.error.startswith(error))


@pytest.mark.anyio
async def test_a_private_host_is_never_called():
    def handler(request: httpx.Request) -> httpx.Response:
        raise AssertionError("it was called")

    got = await post(answering(handler), "http://169.254.169.254/latest", b"x", {}, HERE)
    assert got.status is None
    assert "no public address" in got.error
