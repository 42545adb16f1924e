"""The door for stations: one listening socket and the connections that came through it.

asyncio's own server would take a library's protocol class for each connection; our accept loop lets `arrival` judge
each one first. A connection that was let in has neither a task nor a timer: one ticker serves them all.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import Any

from ohmstead.gateway.arrival import Arrival, Hall, OnRefused, turn_away
from ohmstead.gateway.handshake import Decide
from ohmstead.gateway.transport import Connection, Limits, Open
from ohmstead.gateway.transport_picows import open_picows
from ohmstead.runtime import log, monotonic, spawn

BACKLOG = 4096
"""asyncio's default of 100 makes a returning fleet lose SYNs and retry for minutes."""
AT_ONCE = 64
"""Connections accepted before the loop gets to do something else."""
TURNED_AWAY = 256
"""How many of those that find the queue full get an answer at the same time; the others are just closed."""


class Listener:
    """Lets stations in through one socket.

    `permits` TLS handshakes, and as many decisions, run at the same time; `queue` connections may be on their way in,
    more are refused with 503. `ping_interval` 0 = no pings. `open_transport` is `open_picows` or `open_websockets`.
    """

    def __init__(
        self,
        decide: Decide,
        *,
        name: str,
        ssl_context: ssl.SSLContext | None = None,
        max_message: int = 1 << 20,
        permits: int = 200,
        queue: int = 20_000,
        ping_interval: float = 60.0,
        pong_timeout: float = 20.0,
        on_refused: OnRefused | None = None,
        open_transport: Open = open_picows,
    ) -> None:
        limits = Limits(max_message=max_message, ping_interval=ping_interval, pong_timeout=pong_timeout)
        self.hall = Hall(name, decide, ssl_context, limits, permits, on_refused, open_transport)
        """What arrivals need; its `ssl_context` may be replaced at any time."""
        self._queue = queue
        self._arriving: set[asyncio.Task[None]] = set()
        self._turned_away: set[asyncio.Task[None]] = set()
        self._stopped = asyncio.Event()
        self._socket: socket.socket | None = None

    @property
    def connections(self) -> set[Connection]:
        """Those that are in."""
        return self.hall.connections

    async def serve(self, sock: socket.socket) -> None:
        """Listen on a bound TCP socket, which is ours from now on, until `drain`, `close` or cancellation; tick once a
        second until the last connection is gone."""
        sock.setblocking(False)
        sock.listen(BACKLOG)
        self._socket = sock
        self._start_accepting()
        try:
            while not self._stopped.is_set() or self.connections or self._arriving:
                await self._second()
                self.tick(monotonic())
        finally:
            self.close()

    async def _second(self) -> None:
        if self._stopped.is_set():
            await asyncio.sleep(0.1)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._stopped.wait()

    def tick(self, now: float) -> None:
        """Pings, dead peers and close handshakes; `now` as of `runtime.monotonic`."""
        for connection in list(self.connections):
            connection.tick(now)

    # ---- accept ----

    def _start_accepting(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def _stop_accepting(self) -> None:
        self._stopped.set()
        self.hall.closing = True
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            if self._socket is None:
                return
            try:
                conn, address = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(self._socket, error)
                return
            self._accepted(conn, address_text(address))

    def _pause(self, sock: socket.socket, error: OSError) -> None:
        """Most likely no file descriptor is left: the kernel keeps the others waiting, we look again in a second."""
        log.error("cannot accept", listener=self.hall.name, error=str(error))
        loop = asyncio.get_running_loop()
        loop.remove_reader(sock)
        loop.call_later(1.0, self._start_accepting)

    def _accepted(self, conn: socket.socket, peer: str) -> None:
        conn.setblocking(False)
        if len(self._arriving) < self._queue:
            self._spawn(Arrival(self.hall, conn, peer).run(), peer, self._arriving)
            return
        self.hall.refused(None, peer, 503, "too many stations are connecting")
        if len(self._turned_away) < TURNED_AWAY and self.hall.ssl_context is None:
            self._spawn(turn_away(conn), peer, self._turned_away)
        else:
            conn.close()

    def _spawn(self, work: Any, peer: str, tasks: set[asyncio.Task[None]]) -> None:
        task = spawn(work, f"door {self.hall.name} {peer}")
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    # ---- the end ----

    async def drain(self, code: int = 1001, reason: str = "the server restarts", rate: float = 500.0) -> None:
        """Stop accepting, then close what is open, `rate` sockets a second, so that not all come back at once. Ends
        when all are gone; who does not answer the close frame is cut by the ticker or, at the end, here."""
        self._stop_accepting()
        pause = 0.05
        while self.connections or self._arriving:
            waiting = [connection for connection in self.connections if connection.ending is None]
            for connection in waiting[: max(1, int(rate * pause))]:
                connection.close(code, reason)
            self.tick(monotonic())
            await asyncio.sleep(pause if waiting else 0.01)

    def close(self) -> None:
        """Stop at once: cut every connection, and every one on its way in."""
        self._stop_accepting()
        for task in (*self._arriving, *self._turned_away):
            task.cancel()
        for connection in list(self.connections):
            connection.abort()


def address_text(address: Any) -> str:
    """A socket address as ip:port; IPv4 that came through an IPv6 socket as IPv4."""
    if not isinstance(address, tuple):
        return str(address or "local")
    host, port = str(address[0]).removeprefix("::ffff:"), address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
