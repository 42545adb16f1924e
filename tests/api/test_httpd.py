from __future__ import annotations

import socket

import httpx
import pytest

from ohmstead.api.httpd import Httpd

pytestmark = pytest.mark.anyio


async def hello(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


async def test_it_answers_on_the_socket_it_was_given_and_stops():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        server = Httpd(hello, bound)
        server.start()
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5)) as client:
            answer = await client.get(f"http://127.0.0.1:{server.port}/")
        assert answer.text == "hello"
        assert "server" not in answer.headers
        await server.stop()


async def test_an_idle_connection_outlives_what_clients_keep():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        server = Httpd(hello, bound)
        assert server._server.config.timeout_keep_alive > 60
