"""Real sockets to servers that refuse, redirect, speak something else, or are where nobody may call."""

from __future__ import annotations

import http

import pytest
import websockets

from ohmstead.ocpp.versions import V16, V201
from ohmstead.outbound.lines import Address, NoLine, dialler

pytestmark = pytest.mark.anyio


async def _echo(socket):
    async for message in socket:
        await socket.send(message)


def serving(process_request=None, subprotocols=("ocpp2.0.1",)):
    return websockets.serve(_echo, "127.0.0.1", 0, subprotocols=subprotocols, process_request=process_request)


def url(server) -> str:
    return f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/in/"


def redirect(connection, request):
    if request.path.startswith("/in"):
        answer = connection.respond(http.HTTPStatus.FOUND, "")
        answer.headers["Location"] = "/elsewhere"
        return answer
    return None


def refuse(connection, request):
    return connection.respond(http.HTTPStatus.UNAUTHORIZED, "")


async def test_a_line_carries_text_and_says_how_it_ended():
    async with serving() as server:
        line = await dialler(("127.0.0.1",))(Address(url(server), "CS/1", V201, "pw"))
        await line.send(b"[2]")
        assert await line.receive() == b"[2]"
        server.close(code=1012)
        with pytest.raises(NoLine, match=r"it closed the connection \(1012"):
            await line.receive()
        with pytest.raises(NoLine):
            await line.send(b"x")
        await line.close()


@pytest.mark.parametrize(
    ("check", "version", "allowed", "why"),
    [
        (None, V201, (), "no public address; the setting forwarding.allow_private"),
        (redirect, V201, ("127.0.0.1",), "HTTP 302"),
        (refuse, V201, ("127.0.0.1",), "HTTP 401"),
        (None, V16, ("127.0.0.1",), "ocpp1.6|400|subprotocol"),
    ],
)
async def test_there_is_no_line(check, version, allowed, why):
    async with serving(check) as server:
        with pytest.raises(NoLine, match=why):
            await dialler(allowed)(Address(url(server), "CS1", version))


async def test_where_nobody_listens():
    async with serving() as server:
        where = url(server)
    with pytest.raises(NoLine, match=r"refused|failed|Connect"):
        await dialler(("127.0.0.1",))(Address(where, "CS1", V201))
    with pytest.raises(NoLine, match=r"certificate|SSL|ssl|refused|Connect"):
        await dialler(("127.0.0.1",))(Address(where.replace("ws:", "wss:"), "CS1", V201))
