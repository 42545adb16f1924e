"""Connections to NATS."""

from __future__ import annotations

import asyncio
import importlib.util

import pytest

from ohmstead.bus.line import Line, NoNats
from ohmstead.nats_settings import Nats
from tests.cable import Cable

pytestmark = pytest.mark.anyio


async def test_an_end_is_told_and_is_final(natsd, until):
    cable, ended = Cable(natsd.port), asyncio.Event()
    await cable.start()
    line = Line(f"nats://127.0.0.1:1,nats://127.0.0.1:{cable.port}", Nats(prefix="a.b"), "test")
    connection = await line.open(ended.set)
    await connection.confirm()
    assert line.subject("ring", "station") == "a.b.ring.station"
    cable.cut()
    with pytest.raises(ConnectionError):
        await connection.confirm()
    async with asyncio.timeout(5):
        await ended.wait()
    await connection.end()
    await cable.close()


async def test_it_says_what_is_missing(monkeypatch, tmp_path):
    with pytest.raises(OSError, match="No such file"):
        Line("tls://127.0.0.1:1", Nats(ca_file=str(tmp_path / "none.pem")), "test")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NoNats, match=r"pip install 'ohmstead\[nats\]'"):
        Line("nats://127.0.0.1:1", Nats(), "test")
