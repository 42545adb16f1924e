"""A pool by its public interface description, spoken by a server of the tests."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from ohmstead.plugcharge.opcp import Pool
from ohmstead.plugcharge.provider import Request
from ohmstead.settings import PlugCharge
from tests.plugcharge.test_reading import of_20

pytestmark = pytest.mark.anyio
SETTINGS = PlugCharge(
    provider="opcp",
    opcp_url="http://pool.example/",
    opcp_token_url="http://login.example/oauth/token",
    opcp_client_id="me",
    opcp_client_secret="hush",
)


class Server:
    def __init__(self) -> None:
        self.tokens = 0
        self.valid = "token-1"
        self.answer: Any = None
        self.asked: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "login.example":
            self.tokens += 1
            assert b"client_secret=hush" in request.content
            return httpx.Response(200, json={"access_token": f"token-{self.tokens}", "expires_in": 3600})
        if request.headers["authorization"] != f"Bearer {self.valid}":
            return httpx.Response(401)
        self.asked.append(json.loads(request.content))
        return self.answer or httpx.Response(200, json=entries("DE8AAC1A2B3C4D"))


EXI = of_20("Res")


def entries(*emaids: str, exi: bytes = EXI) -> Any:
    text = base64.b64encode(exi).decode()
    content = [{"messageDef": {"certificateInstallationRes": text, "emaid": one}} for one in emaids]
    return {"CCPResponse": {"emaidContent": content}}


def pool(server: Server) -> Pool:
    return Pool(SETTINGS, httpx.AsyncClient(transport=httpx.MockTransport(server)))


REQUEST = Request(1, "iso15118-20", b"request")


async def test_a_contract_from_the_pool():
    server = Server()
    one = pool(server)
    for _ in range(2):
        reply = await one.answer(REQUEST)
        assert (reply.exi, reply.emaid, reply.reason) == (EXI, "DE8AAC1A2B3C4D", None)
    assert server.tokens == 1
    assert server.asked[0] == {
        "certificateInstallationReq": base64.b64encode(b"request").decode(),
        "xsdMsgDefNamespace": "urn:iso:std:iso:15118:-20:CommonMessages",
    }


async def test_a_token_that_is_no_longer_taken_is_fetched_anew():
    server = Server()
    one = pool(server)
    await one.answer(REQUEST)
    server.valid = "token-2"
    assert (await one.answer(REQUEST)).reason is None
    assert server.tokens == 2


async def test_several_contracts_are_counted():
    server = Server()
    server.answer = httpx.Response(200, json=entries("DE8AAC1A2B3C4D", "DE8AAC1A2B3C4E"))
    assert (await pool(server).answer(REQUEST)).remaining == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(404), "no contract"),
        (httpx.Response(503), "answered 503"),
        (httpx.Response(200, json={"other": 1}), "something else"),
        (httpx.Response(200, json=entries()), "IndexError"),
        (httpx.Response(200, content=b"<html>"), "something else"),
        (httpx.Response(200, json=entries("DE8AAC1A2B3C4D", exi=b"garbage")), "something else"),
    ],
)
async def test_what_a_pool_may_say_instead(answer, said):
    server = Server()
    server.answer = answer
    reply = await pool(server).answer(REQUEST)
    assert reply.exi is None
    assert said in reply.reason
