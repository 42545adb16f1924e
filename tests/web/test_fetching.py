"""One call: bounded, and only to where it may go."""

from __future__ import annotations

import asyncio
import gzip

import httpx
import pytest

from ohmstead.web.addresses import Reach
from ohmstead.web.fetching import Fetched, Limits, Unreached, fetch
from tests.pki.answering import http

pytestmark = pytest.mark.anyio
HERE = Reach(["127.0.0.1"], "some.setting")
LIMITS = Limits(5, 100)


def client(answer: object) -> httpx.AsyncClient:
    async def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            await asyncio.Event().wait()
        assert isinstance(answer, httpx.Response)
        return answer

    return httpx.AsyncClient(transport=httpx.MockTransport(handler))


async def test_any_answer_is_an_answer_as_it_came() -> None:
    bomb = gzip.compress(b"0" * 100_000)[:100]
    for answer in (http(302, b"x"), http(200, bomb)):
        assert (await fetch(client(answer), "GET", "http://127.0.0.1/", HERE, LIMITS)).status == answer.status_code
    told = await fetch(client(http(404, b"no")), "GET", "http://127.0.0.1/", HERE, LIMITS)
    assert told == Fetched(404, b"no")


@pytest.mark.parametrize(
    ("url", "answer", "why"),
    [
        ("http://127.0.0.1/", None, "did not answer within"),
        ("http://127.0.0.1/", http(200, b"0" * 101), "more than 100 bytes"),
        ("http://127.0.0.1/", httpx.ConnectError("refused"), "cannot be called: ConnectError refused"),
        ("http://10.0.0.1/", http(200), "the setting some.setting allows it"),
        ("http://[::1/", http(200), "cannot be called"),
    ],
)
async def test_what_is_no_answer(url: str, answer: object, why: str) -> None:
    with pytest.raises(Unreached, match=why):
        await fetch(client(answer), "GET", url, HERE, Limits(0.05, 100))


async def test_a_proxy_looks_up_names_but_is_not_sent_to_private_ones() -> None:
    there = client(http(200, b"x"))
    told = await fetch(there, "GET", "http://nobody-knows-me.invalid/", HERE, LIMITS, proxied=True)
    assert told.body == b"x"
    with pytest.raises(Unreached, match="no public address"):
        await fetch(there, "GET", "http://10.0.0.1/", HERE, LIMITS, proxied=True)
