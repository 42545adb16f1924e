from __future__ import annotations

import base64
from http import HTTPStatus

import pytest
from websockets.asyncio.server import serve

from ohmstead.ocpp.versions import V21
from ohmstead.traces.dialling import dialler
from ohmstead.traces.replay import CannotReplay, Closed

pytestmark = pytest.mark.anyio


async def test_a_line_is_opened_as_a_station_does():
    async def talk(socket):
        request = socket.request
        await socket.send(f"{request.path} {socket.subprotocol} {request.headers.get('Authorization')}")
        await socket.send(await socket.recv())

    async with serve(talk, "127.0.0.1", 0, subprotocols=["ocpp2.1"]) as server:  # type: ignore[list-item]
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp/"
        line = await dialler(url, password="pw", name="B")("A", V21)
        credentials = base64.b64encode(b"B:pw").decode()
        assert await line.receive() == f"/ocpp/B ocpp2.1 Basic {credentials}"
        await line.send("[]")
        assert await line.receive() == "[]"
        with pytest.raises(Closed):
            await line.receive()
        with pytest.raises(Closed):
            await line.send("x")
        await line.close()


async def test_a_refusal_says_why():
    def refuse(connection, request):
        return connection.respond(HTTPStatus.UNAUTHORIZED, "no")

    async with serve(lambda socket: socket.close(), "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(CannotReplay, match="A: the CSMS answered HTTP 401"):
            await dialler(f"ws://127.0.0.1:{port}")("A", V21)
    for url in (f"ws://127.0.0.1:{port}", "nonsense"):
        with pytest.raises(CannotReplay, match="A: "):
            await dialler(url)("A", V21)
