"""The line to a second CSMS: a WebSocket to the very address that was looked at, without redirects."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from ohmstead import runtime
from ohmstead.ocpp.versions import Version
from ohmstead.web.addresses import Forbidden, Reach, resolve

OPEN_WITHIN = 20.0
CLOSE_WITHIN = 2.0
PING_EVERY = 60.0
LARGEST = 1024 * 1024
"""Bytes of a message that is read."""
ALLOWED_BY = "forwarding.allow_private"


class NoLine(Exception):
    """There is no line, or there is none any more; the text says why."""


class Line(Protocol):
    """One open connection. `dial` gives the real one; tests give their own."""

    async def send(self, frame: bytes) -> None:
        """One message of text. Raises NoLine."""

    async def receive(self) -> bytes:
        """The next message. Raises NoLine."""

    async def close(self) -> None: ...


class Address(NamedTuple):
    """Where to, and as whom."""

    url: str
    identity: str
    version: Version
    password: str | None = None
    trusted_certificates: str | None = None


Dial = Callable[[Address], Awaitable[Line]]


class _Direct(connect):
    """Whoever may name one address must not be able to name another by a redirect."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def dialler(allow_private: tuple[str, ...]) -> Dial:
    """Opens lines to public addresses, and to those that the operator allows."""
    reach = Reach(allow_private, ALLOWED_BY)

    async def dial(to: Address) -> Line:
        try:
            async with asyncio.timeout(OPEN_WITHIN):
                socket = await _connect(to, reach)
        except InvalidStatus as refused:
            raise NoLine(f"it answered HTTP {refused.response.status_code}") from None
        except Forbidden as error:
            raise NoLine(str(error)) from None
        except TimeoutError:
            raise NoLine(f"it did not answer within {OPEN_WITHIN:g} s") from None
        except (WebSocketException, OSError, ValueError) as error:
            raise NoLine(str(error) or type(error).__name__) from None
        if socket.subprotocol != to.version.subprotocol:
            await socket.close(1002)
            raise NoLine(f"it does not speak {to.version.subprotocol}")
        return _Socket(socket)

    return dial


async def _connect(to: Address, reach: Reach) -> ClientConnection:
    parts = urlsplit(to.url)
    secure, host = parts.scheme == "wss", parts.hostname or ""
    port = parts.port or (443 if secure else 80)
    address = await resolve(host, port, reach)
    headers = {}
    if to.password is not None:
        basic = b64encode(f"{to.identity}:{to.password}".encode()).decode()
        headers["Authorization"] = f"Basic {basic}"
    tls: dict[str, Any] = {"ssl": _trust(to.trusted_certificates), "server_hostname": host} if secure else {}
    return await _Direct(
        f"{to.url.rstrip('/')}/{quote(to.identity, safe='')}",
        host=str(address),
        port=port,
        subprotocols=[Subprotocol(to.version.subprotocol)],
        additional_headers=headers,
        user_agent_header="Ohmstead",
        proxy=None,
        open_timeout=None,
        close_timeout=CLOSE_WITHIN,
        ping_interval=PING_EVERY,
        ping_timeout=PING_EVERY,
        max_size=LARGEST,
        **tls,
    )


def _trust(certificates: str | None) -> ssl.SSLContext:
    if certificates is None:
        return runtime.trusted_by_default()
    return ssl.create_default_context(cadata=certificates)


class _Socket:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, frame: bytes) -> None:
        try:
            await self._socket.send(frame, text=True)
        except ConnectionClosed as closed:
            raise NoLine(_how(closed)) from None

    async def receive(self) -> bytes:
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed as closed:
            raise NoLine(_how(closed)) from None

    async def close(self) -> None:
        await self._socket.close()


def _how(closed: ConnectionClosed) -> str:
    if closed.rcvd is None:
        return "the connection broke"
    return f"it closed the connection ({closed.rcvd.code} {closed.rcvd.reason})".replace(" )", ")")
