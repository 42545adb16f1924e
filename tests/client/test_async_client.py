from __future__ import annotations

import asyncio

import httpx
import pytest

from ohmstead.client import Gone
from tests.client.test_sync_client import STREAM


def test_the_feed_is_followed_over_lost_connections(waiting, wire, pauses):
    async def follow() -> None:
        wire.answers = [httpx.Response(503), httpx.Response(200, text=STREAM), httpx.Response(200, text=STREAM)]
        seen = []
        async with waiting as client:
            async for event in client.events.follow(after=3):
                seen.append(event.sequence)
                if len(seen) == 2:
                    break
            assert [one.headers["last-event-id"] for one in wire.asked] == ["3", "3", "7"]
            problem = {"type": "x", "title": "t", "status": 410, "detail": "d", "request_id": "r"}
            wire.answers = [httpx.Response(410, json=problem)]
            with pytest.raises(Gone):
                await anext(client.events.follow(after=1))
            wire.answers = [{"a": 1}]
            assert await client.request("PATCH", "x", body={"b": 2}) == {"a": 1}

    asyncio.run(follow())
