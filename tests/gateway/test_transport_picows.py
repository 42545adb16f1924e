"""What is special to the transport over picows; the rest is in test_transport.py."""

from __future__ import annotations

import asyncio
from typing import Any

import picows
import pytest

from ohmstead.gateway.transport_picows import PicowsConnection, open_picows

pytestmark = pytest.mark.anyio


def test_the_version_that_this_was_written_for() -> None:
    """We drive its protocol object: look at transport_picows before raising the pin."""
    assert picows.__version__.startswith("2.3.")


async def test_an_idle_connection_has_no_task_no_timer_and_no_dict(open_site: Any) -> None:
    site = await open_site(open_transport=open_picows)
    tasks = len(asyncio.all_tasks())
    await site.raw()
    (connection,) = site.listener.connections
    assert isinstance(connection, PicowsConnection)
    assert not hasattr(connection, "__dict__")
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == tasks


async def test_nothing_of_a_refused_frame_reaches_the_buffer(open_site: Any) -> None:
    """After an error in the frames picows would go on filling its buffer until it hangs up."""
    site = await open_site(open_transport=open_picows, max_message=1000)
    client = await site.raw()
    (connection,) = site.listener.connections
    frames = connection._tcp.get_protocol()
    client.write(b"\x81\xff" + (1 << 40).to_bytes(8, "big") + bytes(4))
    assert await client.read_close() == 1009
    size = len(frames.get_buffer(-1))
    for _ in range(20):
        client.write(b"x" * 100_000)
        await asyncio.sleep(0)
    assert len(frames.get_buffer(-1)) == size
    client.writer.close()
    assert (await site.receivers[0].ended)[0] == 1009
