"""A door on loopback, and what stands on either side of it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from ohmstead.bus.local import LocalBus
from ohmstead.gateway.handshake import Admitted, Refused, Request
from ohmstead.gateway.listener import Listener
from ohmstead.gateway.transport import Transport
from ohmstead.store.db import Db
from ohmstead.store.sqlite import Sqlite
from tests.playbook import Playbook, playing

PEM = Path(__file__).with_name("localhost.pem")
"""A key and its self-signed certificate for localhost; of no use but for these tests."""
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HEAD = (
    "GET /ocpp/CS1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n"
)


class Recorder:
    """A Receiver that keeps what it is told; `echo` sends each message back."""

    def __init__(self, echo: bool = True) -> None:
        self.echo = echo
        self.transport: Transport
        self.said: list[Any] = []
        self.opening = asyncio.Event()
        self.messages: asyncio.Queue[bytes] = asyncio.Queue()
        self.pongs = asyncio.Event()
        self.ended: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    def opened(self, transport: Transport) -> None:
        self.transport = transport
        self.said.append("opened")
        self.opening.set()

    def text(self, data: bytes) -> None:
        assert isinstance(data, bytes)
        self.said.append(data)
        self.messages.put_nowait(data)
        if self.echo:
            self.transport.send(data)

    def pong(self) -> None:
        self.said.append("pong")
        self.pongs.set()

    def closed(self, code: int, reason: str) -> None:
        assert type(code) is int
        self.said.append("closed")
        self.ended.set_result((code, reason))  # raises if it comes twice


class RawClient:
    """A WebSocket client that does exactly what it is told, right or wrong."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    def frame(self, opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True) -> None:
        head = bytes([fin << 7 | rsv << 4 | opcode])
        size, mask = len(payload), b"\x01\x02\x03\x04" if masked else b""
        flag = masked << 7
        if size < 126:
            head += bytes([flag | size])
        elif size < 1 << 16:
            head += struct.pack("!BH", flag | 126, size)
        else:
            head += struct.pack("!BQ", flag | 127, size)
        if masked:
            whole = int.from_bytes(mask * (size // 4 + 1), "big") >> (8 * (4 - size % 4))
            payload = (int.from_bytes(payload, "big") ^ whole).to_bytes(size, "big")
        self.writer.write(head + mask + payload)

    async def read(self) -> tuple[int, bytes]:
        """First byte and payload of the next frame."""
        first, size = await self.reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        return first, await self.reader.readexactly(size)

    async def read_close(self) -> int:
        """The code of the close frame that comes next, whatever comes before it; 0 for the end of the stream."""
        try:
            while True:
                first, payload = await self.read()
                if first & 15 == 8:
                    return int.from_bytes(payload[:2], "big")
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0

    def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Site:
    """A listener that serves, its receivers and its refusals, and clients for it."""

    head = HEAD

    def __init__(self, **options: Any) -> None:
        self.receivers: list[Recorder] = []
        self.requests: list[Request] = []
        self.refusals: list[tuple[Request | None, str, int, str]] = []
        self.refusing = asyncio.Event()
        self.decide: Callable[[Request], Awaitable[Admitted | Refused]] = self.admit
        self.socket = options.pop("socket", None) or socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.listener = Listener(self._decide, name="door", on_refused=self._refused, **options)
        self.stack = contextlib.AsyncExitStack()

    async def _decide(self, request: Request) -> Admitted | Refused:
        self.requests.append(request)
        return await self.decide(request)

    async def admit(self, request: Request) -> Admitted | Refused:
        self.receivers.append(Recorder())
        return Admitted(self.receivers[-1], request.subprotocols[0] if request.subprotocols else None)

    def _refused(self, *refusal: Any) -> None:
        self.refusals.append(refusal)
        self.refusing.set()

    async def refusal(self) -> tuple[int, str]:
        """Status and reason of the next refusal."""
        await self.refusing.wait()
        self.refusing.clear()
        return self.refusals[-1][2:]

    async def connect(self, **options: Any) -> ClientConnection:
        scheme = "ws" if options.get("ssl") is None else "wss"
        connecting = websockets.connect(
            f"{scheme}://localhost:{self.port}/ocpp/CS1",
            subprotocols=["ocpp2.0.1"],
            host="127.0.0.1",
            proxy=None,
            **options,
        )
        return await self.stack.enter_async_context(connecting)

    async def tcp(self, **options: Any) -> RawClient:
        client = RawClient(*await asyncio.open_connection("127.0.0.1", self.port, **options))
        self.stack.callback(client.writer.close)
        return client

    async def raw(self, more: str = "", tail: bytes = b"") -> RawClient:
        """A raw client after its upgrade."""
        client = await self.tcp()
        client.write((HEAD + more + "\r\n").encode() + tail)
        answer = await client.reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101 ")
        return client

    async def ask(self, data: bytes, **options: Any) -> tuple[int, str, str]:
        """Status, head and body of the answer to `data`."""
        client = await self.tcp(**options)
        client.write(data)
        answer = (await client.reader.read()).decode()
        head, _, body = answer.partition("\r\n\r\n")
        return int(head.split(" ")[1]), head, body


@pytest.fixture
async def open_site() -> AsyncIterator[Callable[..., Awaitable[Site]]]:
    """`await open_site(**options of Listener)`."""
    async with contextlib.AsyncExitStack() as stack:

        async def opening(**options: Any) -> Site:
            site = Site(**options)
            serving = asyncio.create_task(site.listener.serve(site.socket))

            async def end() -> None:
                serving.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await serving
                await site.listener.drain()

            stack.push_async_callback(end)
            stack.push_async_exit(site.stack)
            await asyncio.sleep(0)
            return site

        async with asyncio.timeout(60):
            yield opening


@pytest.fixture
def pem() -> str:
    return str(PEM)


@pytest.fixture
def pem_text() -> str:
    return PEM.read_text()


@pytest.fixture
def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    return context


@pytest.fixture
def client_tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(PEM))


@pytest.fixture
async def sqlite_db(migrated_sqlite: Path, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Db]:
    one = Sqlite(Path(shutil.copy(migrated_sqlite, tmp_path / "ohmstead.db")), LocalBus())
    await one.start()
    yield one
    await one.close()


@pytest.fixture
async def book(sqlite_db: Db) -> AsyncIterator[Playbook]:
    """A gateway without a door, on SQLite."""
    async with playing(sqlite_db) as one:
        yield one


@pytest.fixture
async def each_book(db: Db) -> AsyncIterator[Playbook]:
    """A gateway without a door, on each kind of database in turn."""
    async with playing(db) as one:
        yield one
