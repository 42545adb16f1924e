"""A platform that is told of charging sessions: over real sockets, verified with a library that nobody here wrote."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from ohmstead.settings import Webhooks
from tests.acceptance.serving import event, serving

pytestmark = pytest.mark.anyio
ALLOWED = {"webhooks": Webhooks(allow_private=("127.0.0.1",))}


class Platform:
    """An HTTP server of a few lines: keeps what it is sent, answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer = "204 No Content"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/events?from=ohmstead"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head.split("\r\n")[1:-2])}
                body = await reader.readexactly(int(headers["content-length"]))
                self.got.append((headers, body))
                writer.write(f"HTTP/1.1 {self.answer}\r\ncontent-length: 0\r\n\r\n".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def types(self, secret: str) -> list[str]:
        """The types of what was sent, each signature verified."""
        verified = [Webhook(secret).verify(body, headers) for headers, body in self.got]
        return [one["type"].removeprefix("ohmstead.transaction.") for one in verified]


async def test_a_session_reaches_the_platform_signed_and_in_order(tmp_path: Path) -> None:
    platform = Platform()
    async with platform.listening() as url, serving(tmp_path, more=ALLOWED) as csms:
        hook = await csms.post("webhooks", {"url": url, "types": ["ohmstead.transaction.*"]})
        await csms.add_station()
        await csms.add_token("GOOD")
        async with csms.station() as station:
            await station.call("TransactionEvent", event("Started", 0, token="GOOD", evse=1, wh=0))
            await station.call("TransactionEvent", event("Ended", 1, wh=900))
        found = await csms.until(lambda: _seen(platform), lambda seen: seen >= 2)
        assert found == 2
        assert platform.types(hook["secret"]) == ["started", "ended"]
        feed = {one["id"]: one for one in await csms.feed("transaction")}
        for headers, body in platform.got:
            assert json.loads(body) == feed[headers["webhook-id"]]
        delivered = await csms.until(lambda: csms.get(f"webhooks/{hook['id']}/deliveries"), _all_delivered)
        assert [one["status"] for one in delivered["data"]] == [204, 204]


async def test_what_was_not_taken_comes_again_after_a_restart(tmp_path: Path) -> None:
    platform = Platform()
    async with platform.listening() as url:
        platform.answer = "503 Service Unavailable"
        async with serving(tmp_path, more=ALLOWED) as csms:
            hook = await csms.post("webhooks", {"url": url, "types": ["ohmstead.station.booted"]})
            await csms.add_station()
            async with csms.station():
                pass
            path = f"webhooks/{hook['id']}/deliveries"
            await csms.until(lambda: csms.get(path), lambda page: [one["attempts"] for one in page["data"]] == [1])
        platform.answer, first = "200 OK", platform.got.pop()
        async with serving(tmp_path, more=ALLOWED) as csms:
            delivery = (await csms.get(path))["data"][0]
            await csms.patch(f"webhooks/{hook['id']}", {"enabled": True})  # no need to wait out the back-off
            await csms.until(lambda: _seen(platform), lambda seen: seen == 1)
            assert platform.got[0][0]["webhook-id"] == first[0]["webhook-id"] == delivery["event_id"]
            assert platform.got[0][1] == first[1]


async def test_a_private_address_is_not_called_unless_that_is_allowed(tmp_path: Path) -> None:
    platform = Platform()
    async with platform.listening() as url, serving(tmp_path) as csms:
        hook = await csms.post("webhooks", {"url": url, "types": ["*"]})
        await csms.add_station()
        async with csms.station():
            pass
        path = f"webhooks/{hook['id']}/deliveries"
        page = await csms.until(lambda: csms.get(path), lambda page: any(one["attempts"] for one in page["data"]))
        assert "no public address" in next(one["error"] for one in page["data"] if one["error"])
        assert platform.got == []


async def _seen(platform: Platform) -> int:
    return len(platform.got)


def _all_delivered(page: dict[str, Any]) -> bool:
    return bool(page["data"]) and all(one["state"] == "delivered" for one in page["data"])
