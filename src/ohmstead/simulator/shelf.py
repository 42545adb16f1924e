"""Where a local controller keeps the firmware that it publishes: a small HTTP server on this machine (L03.FR.04).

It is opened with the first file, and serves nothing but what is published at that moment, by its checksum.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

_PATIENCE_S = 10.0
_HEAD = b"HTTP/1.1 %b\r\ncontent-type: application/octet-stream\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"


class Shelf:
    """Serves `published`, which others fill and empty."""

    def __init__(self, published: Mapping[str, bytes]) -> None:
        self._published = published
        self._server: asyncio.Server | None = None

    async def place(self, name: str) -> str:
        """The URL of what is published by this name; raises OSError."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=8192)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/firmware/{name}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                words = (await reader.readuntil(b"\r\n\r\n")).split(maxsplit=2)
                found = self._published.get(words[1].decode("latin-1").removeprefix("/firmware/"))
                head = (b"200 OK", len(found)) if found is not None else (b"404 Not Found", 0)
                writer.write(_HEAD % head + (found or b""))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError):
            pass  # whoever asked so gets nothing
        finally:
            writer.close()

    async def close(self) -> None:
        """Serve nothing any more."""
        if self._server is not None:
            self._server.close()
            self._server = None
