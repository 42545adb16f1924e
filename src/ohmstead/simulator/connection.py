"""The station's line to its CSMS: a WebSocket client with OCPP's URL, subprotocol and security profiles 1 to 3."""

from __future__ import annotations

import ssl
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from ohmstead.ocpp.versions import Version

OPEN_TIMEOUT_S = 20.0
CLOSE_TIMEOUT_S = 2.0


class CannotConnect(Exception):
    """There is no line; the text says why in one plain sentence. `status` is the HTTP status of a refusal."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


class LineClosed(Exception):
    """The line has ended; the text says how."""


class Line(Protocol):
    """One open connection. `connect` gives the real one; tests may give their own."""

    async def send(self, frame: bytes, *, parts: int = 1, binary: bool = False) -> None:
        """One message, of text unless `binary`, in one fragment or several; raises LineClosed."""

    async def receive(self) -> bytes:
        """The next message; raises LineClosed."""

    async def close(self) -> None:
        """Close it properly."""

    def abort(self) -> None:
        """Cut it: the other side gets no close frame (1006)."""

    def freeze(self, frozen: bool) -> None:
        """Stop reading, pings too, as if the other side were gone; or go on."""

    def eat_pings(self, eaten: bool) -> None:
        """Neither pings nor pongs leave, as if a proxy on the way swallowed them; or they do again."""


@dataclass(frozen=True)
class Endpoint:
    """Where and as whom to connect. `url` is the CSMS's endpoint: `/` and the identity are appended."""

    url: str
    identity: str
    version: Version
    password: str | bytes | None = None
    """For Basic authentication (security profiles 1 and 2): text goes as UTF-8, bytes as they are (1.6)."""
    tls: ssl.SSLContext | None = None
    """For wss; None trusts the system's CAs."""
    ping_s: float = 60.0
    """Between WebSocket pings; 0 for none."""


def tls_context(ca: Path | None = None, cert: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """What a station trusts (`ca`: PEM; None: the system's) and the certificate it shows (security profile 3)."""
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if cert is not None:
        context.load_cert_chain(cert, key)
    return context


async def dial(endpoint: Endpoint) -> Line:
    """Open a line; raises CannotConnect."""
    secure = endpoint.url.startswith("wss:")
    try:
        socket = await connect(
            f"{endpoint.url.rstrip('/')}/{quote(endpoint.identity, safe='')}",
            subprotocols=[Subprotocol(endpoint.version.subprotocol)],
            additional_headers=_credentials(endpoint),
            user_agent_header="Ohmstead simulator",
            ssl=(endpoint.tls or tls_context()) if secure else None,
            proxy=None,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=endpoint.ping_s or None,
            ping_timeout=endpoint.ping_s or None,
            max_size=2**20,
        )
    except InvalidStatus as refused:
        status = refused.response.status_code
        raise CannotConnect(f"the CSMS refused the connection: HTTP {status}", status) from refused
    except (InvalidHandshake, InvalidURI, OSError, TimeoutError, ValueError) as error:
        raise CannotConnect(f"cannot connect to {endpoint.url}: {error or type(error).__name__}") from error
    if socket.subprotocol != endpoint.version.subprotocol:
        await socket.close(1002)
        raise CannotConnect(f"the CSMS does not speak {endpoint.version.subprotocol}")
    return _WebSocketLine(socket)


def _credentials(endpoint: Endpoint) -> dict[str, str]:
    if endpoint.password is None:
        return {}
    secret = endpoint.password.encode() if isinstance(endpoint.password, str) else endpoint.password
    return {"Authorization": f"Basic {b64encode(endpoint.identity.encode() + b':' + secret).decode()}"}


class _WebSocketLine:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, frame: bytes, *, parts: int = 1, binary: bool = False) -> None:
        size = max(1, -(-len(frame) // parts))
        pieces = [frame[begin : begin + size] for begin in range(0, len(frame), size)]
        try:
            await self._socket.send(pieces if parts > 1 else frame, text=not binary)
        except ConnectionClosed as closed:
            raise LineClosed(_how(closed)) from closed

    async def receive(self) -> bytes:
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed as closed:
            raise LineClosed(_how(closed)) from closed

    async def close(self) -> None:
        await self._socket.close(1000)

    def abort(self) -> None:
        self._socket.transport.abort()

    def freeze(self, frozen: bool) -> None:
        transport = self._socket.transport
        if not transport.is_closing():
            (transport.pause_reading if frozen else transport.resume_reading)()

    def eat_pings(self, eaten: bool) -> None:
        protocol = self._socket.protocol
        plain = type(protocol).send_frame

        def send_frame(frame: Frame) -> None:
            if frame.opcode not in (Opcode.PING, Opcode.PONG):
                plain(protocol, frame)

        protocol.send_frame = send_frame if eaten else plain.__get__(protocol)  # type: ignore[method-assign]


def _how(closed: ConnectionClosed) -> str:
    if closed.rcvd is None:
        return "the connection broke (1006)"
    if not closed.rcvd_then_sent:
        return ""
    return f"closed by the CSMS ({closed.rcvd.code}{' ' + closed.rcvd.reason if closed.rcvd.reason else ''})"
