"""The listening socket: accepting, running out of room, draining, closing."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import Any

import pytest
import websockets

from ohmstead.gateway.handshake import Refused, Request
from ohmstead.gateway.listener import Listener, address_text

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (("192.0.2.1", 5), "192.0.2.1:5"),
        (("2001:db8::1", 5, 0, 0), "[2001:db8::1]:5"),
        (("::ffff:192.0.2.1", 5, 0, 0), "192.0.2.1:5"),
        ("", "local"),
    ],
)
async def test_addresses(address: Any, text: str) -> None:
    assert address_text(address) == text


async def test_many_connections(open_site: Any) -> None:
    site = await open_site()
    clients = await asyncio.gather(*(site.connect() for _ in range(150)))
    assert len(site.listener.connections) == 150
    for client in clients[:5]:
        await client.send("hi")
        assert await client.recv() == "hi"
    await asyncio.gather(*(client.close() for client in clients))
    for receiver in site.receivers:
        await receiver.ended
    assert not site.listener.connections


class FullSocket(socket.socket):
    """A listening socket in a process that has run out of file descriptors, `left` times."""

    left = 2

    def accept(self) -> Any:
        if FullSocket.left:
            FullSocket.left -= 1
            raise OSError(errno.EMFILE, "no room")
        return super().accept()


async def test_no_file_descriptors_left(open_site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FullSocket, "left", 2)
    loop = asyncio.get_running_loop()
    later = loop.call_later
    pauses = []

    def sooner(delay: float, callback: Any, *arguments: Any, **more: Any) -> Any:
        if getattr(callback, "__name__", "") == "_start_accepting":
            pauses.append(delay)
            delay = 0
        return later(delay, callback, *arguments, **more)

    monkeypatch.setattr(loop, "call_later", sooner)
    site = await open_site(socket=FullSocket())
    client = await site.connect()
    await client.send("in")
    assert await client.recv() == "in"
    assert pauses == [1.0, 1.0]


async def test_draining(open_site: Any) -> None:
    site = await open_site()
    clients = [await site.connect() for _ in range(30)]
    silent = await site.raw()
    waiting = await site.tcp()
    waiting.write(b"GET / HTTP/1.1\r\n")
    draining = asyncio.ensure_future(site.listener.drain(1001, "the server restarts", rate=200))
    for client in clients:
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (1001, "the server restarts")
    assert await silent.read_close() == 1001
    with pytest.raises(ConnectionRefusedError):
        await site.tcp()
    assert not draining.done()
    silent.writer.close()
    waiting.writer.close()
    await draining
    assert all(receiver.ended.result() == (1001, "the server restarts") for receiver in site.receivers)


async def test_draining_keeps_its_rate(open_site: Any) -> None:
    site = await open_site()
    for _ in range(10):
        await site.connect()
    loop = asyncio.get_running_loop()
    begin = loop.time()
    await site.listener.drain(rate=50)  # 2 every 50 ms
    assert 0.19 < loop.time() - begin < 2


async def test_nobody_is_let_in_while_draining(open_site: Any) -> None:
    site = await open_site()
    waiting = await site.tcp()
    waiting.write(site.head.encode())
    for _ in range(1000):
        await asyncio.sleep(0)
    assert len(site.listener._arriving) == 1
    draining = asyncio.ensure_future(site.listener.drain())
    await asyncio.sleep(0)
    waiting.write(b"\r\n")
    assert (await waiting.reader.read()).startswith(b"HTTP/1.1 503 ")
    waiting.writer.close()
    await draining
    assert await site.refusal() == (503, "The server restarts.")


async def test_closing_cuts_everybody(open_site: Any) -> None:
    site = await open_site()
    deciding = asyncio.Event()
    client = await site.connect()

    async def decide(request: Request) -> Refused:
        deciding.set()
        return await asyncio.get_running_loop().create_future()

    site.decide = decide
    waiting = await site.tcp()
    waiting.write((site.head + "\r\n").encode())
    await deciding.wait()
    site.listener.close()
    assert await waiting.reader.read() == b""
    with pytest.raises(websockets.ConnectionClosed):
        await client.recv()
    assert (await site.receivers[0].ended)[0] == 1006
    site.listener.close()


async def test_serve_ends_when_closed() -> None:
    async def decide(request: Request) -> Refused:
        return Refused(404, "nobody")

    listener = Listener(decide, name="door")
    serving = asyncio.ensure_future(listener.serve(socket.create_server(("127.0.0.1", 0))))
    await asyncio.sleep(0)
    listener.close()
    await serving


async def test_the_ticker_ticks_once_a_second(open_site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ticked = asyncio.Event()
    monkeypatch.setattr(Listener, "tick", lambda self, now: ticked.set())
    await open_site()
    await ticked.wait()
