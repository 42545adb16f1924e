"""What a local controller publishes, and whoever asks for something else."""

from __future__ import annotations

import asyncio

import pytest

from ohmstead.simulator.shelf import Shelf

pytestmark = pytest.mark.anyio


async def asked(port: int, text: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def test_it_serves_what_is_published_and_nothing_else() -> None:
    published = {"abc": b"firmware"}
    shelf = Shelf(published)
    place = await shelf.place("abc")
    assert await shelf.place("abc") == place
    port = int(place.split(":")[2].partition("/")[0])
    assert (await asked(port, b"GET /firmware/abc HTTP/1.1\r\n\r\n")).endswith(b"\r\n\r\nfirmware")
    for wrong in (b"GET /firmware/../abc HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        assert (await asked(port, wrong)).startswith(b"HTTP/1.1 404 ")
    for nonsense in (b"GET\r\n\r\n", b"x" * 20_000, b"half a requ"):
        assert await asked(port, nonsense) == b""
    await shelf.close()
    with pytest.raises(OSError, match="onnect"):
        await asked(port, b"")
