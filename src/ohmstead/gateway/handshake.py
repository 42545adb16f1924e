"""One HTTP request head: read strictly, judged by `Decide`, answered.

The head is all of HTTP that the door for stations speaks. It is bounded, and whatever two parsers could read in two
ways (repeated headers, folded lines, bare line feeds, bodies) is refused with a reason that a technician can act on.
"""

from __future__ import annotations

import asyncio
import binascii
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import cast

from msgspec import Struct, field

from ohmstead.gateway.transport import Receiver

MAX_HEAD = 16 * 1024
"""Bytes of a request head."""
MAX_HEADERS = 100
END = b"\r\n\r\n"

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET = re.compile(r"/[!-~]*")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_ONCE = frozenset(
    {"authorization", "content-length", "host", "sec-websocket-key", "sec-websocket-version", "transfer-encoding"}
)
"""Headers that two readers would take differently if they came twice."""


class Request(Struct, frozen=True):
    """A request head, and what is known of who sent it."""

    method: str
    target: str
    """Path and query as sent: printable ASCII that begins with a slash, percent-encoding untouched."""
    headers: dict[str, str]
    """Names in lower case; values as Latin-1, repeated ones joined by a comma."""
    peer: str = ""
    """ip:port."""
    certificate: bytes | None = None
    """The client certificate in DER, when TLS asked for one and got it."""
    tls: bool = False
    listener: str = ""
    chain: tuple[bytes, ...] = ()
    """The other certificates that came with it, in DER, in any order; a resumed session brings none."""

    @property
    def subprotocols(self) -> list[str]:
        """What the client offers, in its order of preference."""
        offer = self.headers.get("sec-websocket-protocol", "")
        return [name for part in offer.split(",") if (name := part.strip())]


class Admitted(Struct, frozen=True):
    """Upgrade. `receiver.closed` will be called exactly once, even if the peer is gone before `opened`."""

    receiver: Receiver
    subprotocol: str | None


class Refused(Struct, frozen=True):
    """Answer with this status and, as plain text, this reason."""

    status: int
    reason: str
    headers: dict[str, str] = field(default_factory=dict)


Decide = Callable[[Request], Awaitable[Admitted | Refused]]


class Refusal(Exception):
    """Ends a handshake with `refused`; status 0 = nothing can be answered, the reason is for our records."""

    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.refused = Refused(status, reason, headers or {})


def parse(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Method, target and headers of a head without its empty line; raises Refusal."""
    first, *lines = head.decode("latin-1").split("\r\n")
    if any("\n" in line or "\r" in line for line in (first, *lines)):
        raise Refusal(400, "Every line of the request must end with CR LF.")
    try:
        method, target, version = first.split(" ")
    except ValueError:
        raise Refusal(400, "The request line is not METHOD PATH HTTP/1.1.") from None
    if not _TOKEN.fullmatch(method) or not version.startswith("HTTP/"):
        raise Refusal(400, "The request line is not METHOD PATH HTTP/1.1.")
    if version != "HTTP/1.1":
        raise Refusal(505, "A WebSocket upgrade needs HTTP/1.1.")
    if not _TARGET.fullmatch(target):
        raise Refusal(400, "The path must begin with a slash and be percent-encoded ASCII.")
    return method, target, _headers(lines)


def _headers(lines: list[str]) -> dict[str, str]:
    if len(lines) > MAX_HEADERS:
        raise Refusal(431, f"There are more than {MAX_HEADERS} headers.")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            raise Refusal(400, "A header line is not NAME: VALUE.")
        name, value = name.lower(), value.strip(" \t")
        if not _VALUE.fullmatch(value):
            raise Refusal(400, f"The header {name} holds a control character.")
        if name not in headers:
            headers[name] = value
        elif name in _ONCE:
            raise Refusal(400, f"The header {name} is there twice.")
        else:
            headers[name] += f", {value}"
    return headers


def check_upgrade(method: str, headers: dict[str, str]) -> None:
    """Raise Refusal unless this asks for a WebSocket (RFC 6455, 4.2.1)."""
    if "host" not in headers:
        raise Refusal(400, "The Host header is missing.")
    if "transfer-encoding" in headers or headers.get("content-length", "0").strip("0"):
        raise Refusal(400, "A WebSocket upgrade has no body.")
    if "websocket" not in _tokens(headers, "upgrade") or "upgrade" not in _tokens(headers, "connection"):
        raise Refusal(
            426, "This is the door for charging stations: it speaks WebSocket (OCPP-J) only.", {"Upgrade": "websocket"}
        )
    if method != "GET":
        raise Refusal(405, "A WebSocket upgrade is a GET request.", {"Allow": "GET"})
    if headers.get("sec-websocket-version") != "13":
        raise Refusal(426, "Only version 13 of the WebSocket protocol exists.", {"Sec-WebSocket-Version": "13"})
    try:
        key = b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 16:
        raise Refusal(400, "The header Sec-WebSocket-Key is not 16 bytes in base64.")


def _tokens(headers: dict[str, str], name: str) -> list[str]:
    return [part.strip().lower() for part in headers.get(name, "").split(",")]


def answer(refused: Refused) -> bytes:
    """A refusal as an HTTP response; its reason is the body, a line of plain text."""
    body = refused.reason.encode() + b"\n"
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **refused.headers,
    }
    lines = [f"HTTP/1.1 {refused.status} {_phrase(refused.status)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"


_SCRATCH = memoryview(bytearray(MAX_HEAD))
"""Where all doors read to: what is read is taken out before anything else runs."""


class Door(asyncio.BufferedProtocol):
    """Collects the head of one request. It reads on after that, within bounds, to learn whether the peer goes away
    while it waits for its decision.

    It brings its own buffer because the allocation of 256 KiB that a plain Protocol causes for each read through TLS
    leaves the heap in pieces: 15 KiB more per connection.
    """

    __slots__ = ("_data", "_gone", "_head", "lost", "tcp")

    def __init__(self) -> None:
        self._data = bytearray()
        self._head: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._gone: asyncio.Future[None] | None = None
        self.lost = False
        """The peer is gone."""
        self.tcp: asyncio.Transport

    async def head(self) -> bytes:
        """The head without its empty line. Raises Refusal, or ConnectionError when the peer goes before its end."""
        return await self._head

    def tail(self) -> bytes:
        """What has come after the head."""
        return bytes(self._data)

    async def gone(self) -> None:
        """Wait for the end of the connection; what still comes is thrown away."""
        if not self.lost:
            self._data.clear()
            self._gone = asyncio.get_running_loop().create_future()
            self.tcp.resume_reading()
            await self._gone

    # ---- asyncio.BufferedProtocol ----

    def get_buffer(self, sizehint: int) -> memoryview:
        return _SCRATCH

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(_SCRATCH[:nbytes]))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.tcp = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """More of the request."""
        if self._gone is not None:
            return
        self._data += data
        if self._head.done():
            if len(self._data) > MAX_HEAD:
                self.tcp.pause_reading()
            return
        end = self._data.find(END)
        if end > MAX_HEAD or (end < 0 and len(self._data) > MAX_HEAD):
            self._fail(Refusal(431, f"The request head is larger than {MAX_HEAD} bytes."))
        elif end >= 0:
            self._head.set_result(bytes(self._data[:end]))
            del self._data[: end + len(END)]
        elif b"\n\n" in self._data:
            self._fail(Refusal(400, "Every line of the request must end with CR LF."))

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: BaseException | None) -> None:
        self.lost = True
        if not self._head.done():
            self._fail(ConnectionResetError("the peer went before its request was complete"))
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)

    def _fail(self, error: Exception) -> None:
        self._head.set_exception(error)
        self._head.exception()  # seen: nobody may ask any more
