"""The line of a replayed station: a WebSocket with OCPP's URL, subprotocol and Basic authentication."""

from __future__ import annotations

import ssl
from base64 import b64encode
from urllib.parse import quote

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from ohmstead.ocpp.versions import Version
from ohmstead.traces.replay import CannotReplay, Closed, Dial, Line

OPEN_TIMEOUT_S = 20.0


def dialler(
    url: str, *, password: str | None = None, name: str | None = None, tls: ssl.SSLContext | None = None
) -> Dial:
    """Opens lines at `url` with `/` and the station's identity appended; `name` instead of the recorded identity."""

    async def dial(identity: str, version: Version) -> Line:
        called = name or identity
        headers = {}
        if password is not None:
            headers["Authorization"] = f"Basic {b64encode(f'{called}:{password}'.encode()).decode()}"
        try:
            socket = await connect(
                f"{url.rstrip('/')}/{quote(called, safe='')}",
                subprotocols=[Subprotocol(version.subprotocol)],
                additional_headers=headers,
                user_agent_header="Ohmstead replay",
                ssl=tls if url.startswith("wss:") else None,
                proxy=None,
                open_timeout=OPEN_TIMEOUT_S,
                max_size=2**20,
            )
        except InvalidStatus as refused:
            raise CannotReplay(f"{url}: {called}: the CSMS answered HTTP {refused.response.status_code}") from None
        except (WebSocketException, OSError, TimeoutError, ValueError) as error:
            raise CannotReplay(f"{url}: {called}: {error or type(error).__name__}") from None
        if socket.subprotocol != version.subprotocol:
            await socket.close(1002)
            raise CannotReplay(f"{url}: {called}: the CSMS does not speak {version.subprotocol}")
        return Socket(socket)

    return dial


class Socket:
    """A line over a socket of either side."""

    def __init__(self, socket: Connection) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        try:
            await self._socket.send(text)
        except ConnectionClosed:
            raise Closed from None

    async def receive(self) -> str:
        try:
            message = await self._socket.recv()
        except ConnectionClosed:
            raise Closed from None
        return message if isinstance(message, str) else message.decode(errors="replace")

    async def close(self) -> None:
        await self._socket.close()
