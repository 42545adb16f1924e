"""uvicorn on a socket of ours, on our loop, without its own signal handling: `app` owns signals."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from ohmstead import runtime

GRACE = 5
"""Seconds that open requests have when the process stops; event streams end at once."""

KEEP_ALIVE = 75
"""Seconds that an idle connection is kept: longer than clients and proxies keep theirs (5 to 60 s), so that it is they
who close it. With uvicorn's 5 s a request now and then met the closing of its connection, and was lost."""


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Httpd:
    """One HTTP server."""

    def __init__(self, app: Any, sock: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=KEEP_ALIVE,
            server_header=False,
        )
        self._server, self._socket = _Quiet(config), sock
        self.port: int = sock.getsockname()[1]

    def start(self) -> None:
        self._task = runtime.spawn(self._server.serve(sockets=[self._socket]), "httpd")

    async def stop(self) -> None:
        self._server.should_exit = True
        await asyncio.wait([self._task])
