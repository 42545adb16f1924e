"""Where a station of today meets a recorded CSMS: a WebSocket server that takes one station, and takes it again."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote

from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from ohmstead.ocpp.versions import Version
from ohmstead.traces.dialling import Socket
from ohmstead.traces.replay import Line


class Place:
    """The station's lines as they come; `port` is the one that was taken."""

    def __init__(self) -> None:
        self.port = 0
        self._came: asyncio.Queue[Line] = asyncio.Queue()

    async def next(self) -> Line:
        return await self._came.get()

    async def take(self, socket: ServerConnection) -> None:
        await self._came.put(Socket(socket))
        await socket.wait_closed()


@asynccontextmanager
async def place(
    host: str, port: int, version: Version, identity: str | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Place]:
    """Let one station in, whatever its password: `identity`, or whoever comes. `port` 0 takes any."""
    found = Place()

    async def handle(socket: ServerConnection) -> None:
        path = socket.request.path if socket.request is not None else ""
        name = unquote(path.partition("?")[0].rpartition("/")[2])
        if identity is not None and name != identity:
            return await socket.close(1008, f"{name} is not {identity}"[:100])
        await found.take(socket)

    protocols = [Subprotocol(version.subprotocol)]
    async with serve(handle, host, port, subprotocols=protocols, ssl=tls, max_size=2**20, ping_interval=None) as server:
        found.port = server.sockets[0].getsockname()[1]
        yield found
