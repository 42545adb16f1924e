from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from ohmstead.ocpp.versions import V16, V21
from ohmstead.simulator.connection import CannotConnect, Endpoint, LineClosed, dial

pytestmark = pytest.mark.anyio


async def test_url_and_credentials(served: Any) -> None:
    async with served("1.6") as csms:
        for password in ("päss", b"\x00\xff"):
            line = await dial(Endpoint(csms.url + "/", "CS 1", V16, password))
            await line.close()
        assert csms.paths == ["/CS%201"] * 2
        assert csms.headers[0]["authorization"] == "Basic Q1MgMTpww6Rzcw=="
        assert csms.headers[1]["authorization"] == "Basic Q1MgMToA/w=="
        assert csms.headers[0]["sec-websocket-protocol"] == "ocpp1.6"


async def test_refusals_say_why() -> None:
    def refuse(socket: ServerConnection, _: object) -> Any:
        return socket.respond(HTTPStatus.UNAUTHORIZED, "no")

    async def nothing(_: ServerConnection) -> None: ...

    async with serve(nothing, "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(CannotConnect, match="HTTP 401") as refused:
            await dial(Endpoint(f"ws://127.0.0.1:{port}", "CS1", V21))
        assert refused.value.status == 401
    with pytest.raises(CannotConnect, match="cannot connect"):
        await dial(Endpoint(f"ws://127.0.0.1:{port}", "CS1", V21))


async def test_a_csms_without_the_version_is_left() -> None:
    async def nothing(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with serve(nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(CannotConnect, match=r"does not speak ocpp2\.1"):
            await dial(Endpoint(f"ws://127.0.0.1:{port}", "CS1", V21))


async def test_a_line_ends_with_its_reason() -> None:
    async def leave(socket: ServerConnection) -> None:
        await socket.close(1001, "service restart")

    async with serve(leave, "127.0.0.1", 0, subprotocols=["ocpp2.1"]) as server:  # type: ignore[list-item]
        port = server.sockets[0].getsockname()[1]
        line = await dial(Endpoint(f"ws://127.0.0.1:{port}", "CS1", V21))
        with pytest.raises(LineClosed, match=r"1001 service restart"):
            await line.receive()
        with pytest.raises(LineClosed):
            await line.send(b"[]")
