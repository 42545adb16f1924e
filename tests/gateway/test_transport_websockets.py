"""What is special to the transport over websockets' protocol; the rest is in test_transport.py."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.gateway.transport_websockets import WebsocketsConnection, open_websockets

pytestmark = pytest.mark.anyio


async def test_it_is_the_protocol_of_its_connection(open_site: Any) -> None:
    site = await open_site(open_transport=open_websockets)
    await site.raw()
    (connection,) = site.listener.connections
    assert isinstance(connection, WebsocketsConnection)
    assert not hasattr(connection, "__dict__")
    assert connection._tcp.get_protocol() is connection


async def test_reasons_come_from_the_protocol(open_site: Any) -> None:
    site = await open_site(open_transport=open_websockets, max_message=1000)
    client = await site.raw()
    client.frame(1, b"x" * 1001)
    assert await client.read_close() == 1009
    client.writer.close()
    code, reason = await site.receivers[0].ended
    assert code == 1009
    assert "1000 bytes" in reason
