"""Files over HTTP: what may be called, and how a refusal is told."""

from __future__ import annotations

import asyncio

import pytest

from ohmstead.simulator.transfers import Carried, Porter, Transfer

pytestmark = pytest.mark.anyio


def forget(_: Carried) -> None:
    pass


async def test_only_what_may_be_called_is_called() -> None:
    reached = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1])
        writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        porter = Porter(f"{base}/files")
        found = await porter.carry(Transfer("GET", f"{base}/files/fw.bin", forget))
        assert (found.status, found.well) == (404, False)
        for url in (f"{base}/elsewhere", f"{base}/filesystem", "ftp://127.0.0.1/x", "file:///etc/passwd"):
            assert (await porter.carry(Transfer("PUT", url, forget, b"x"))).status == 0
        await porter.close()
    assert reached == [b"/files/fw.bin"]


async def test_what_is_published_can_be_fetched_until_it_is_taken_back() -> None:
    published = {"abc": b"firmware"}
    porter = Porter(None, published)
    found = await porter.carry(Transfer("SHELVE", "abc", forget))
    place = found.body.decode()
    assert (await porter.carry(Transfer("GET", place, forget))).body == b"firmware"
    del published["abc"]
    for url in (place, place + "/../x", place[: place.rindex("/")]):
        assert (await porter.carry(Transfer("GET", url, forget))).status == 404
    await porter.close()
    assert (await porter.carry(Transfer("GET", place, forget))).status == 0
    assert not (await Porter("http://127.0.0.1:1", published).carry(Transfer("SHELVE", "abc", forget))).well
