"""A connection to NATS: one life each. Whoever uses it opens the next one when it ends.

The client library can reconnect by itself, but what is published meanwhile then waits in its buffer, out of sight: here
the users keep what was not confirmed, as with PostgreSQL. The library is the extra `nats`.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ohmstead import runtime
from ohmstead.nats_settings import Nats

if TYPE_CHECKING:
    from nats.aio.client import Client

PATIENCE = 10
"""Seconds for a connection, or an answer of the server."""
LOOK_EVERY = 10
"""Seconds between two questions whether the server is still there; after two without an answer the line is dead."""
CONFIRM_WITHIN = 3
CLOSE_WITHIN = 2.0


class NoNats(Exception):
    """The client library of NATS is not installed."""


class Line:
    """Where NATS is and how it is spoken to.

    `urls`: `nats://HOST:PORT` or `tls://HOST:PORT`, several joined by commas: one of them is used, in an order by
    chance. `name` is how the server knows this process. Raises NoNats, and OSError or ValueError for a `ca_file` that
    cannot be used.
    """

    def __init__(self, urls: str, nats: Nats, name: str) -> None:
        if importlib.util.find_spec("nats") is None:
            raise NoNats("NATS needs a library of its own: pip install 'ohmstead[nats]'")
        self._urls, self.prefix, self._name = urls.split(","), nats.prefix, name
        self._more: dict[str, Any] = {"user_credentials": nats.credentials} if nats.credentials else {}
        if nats.ca_file:
            self._more["tls"] = ssl.create_default_context(cafile=nats.ca_file)
        elif urls.startswith("tls:"):
            self._more["tls"] = runtime.trusted_by_default()

    def subject(self, *parts: str) -> str:
        """`ohmstead.ring.station` of "ring", "station"."""
        return ".".join((self.prefix, *parts))

    async def open(self, closed: Callable[[], None]) -> Connection:
        """A connection; `closed` is called when it has ended. Raises OSError, TimeoutError or nats.errors.Error."""
        from nats.aio.client import Client  # slow, and not everybody's

        gone = asyncio.get_running_loop().create_future()

        async def ended() -> None:
            if not gone.done():
                gone.set_result(None)
            closed()

        client = Client()
        connection = Connection(client, gone)
        try:
            await client.connect(
                self._urls, name=self._name, no_echo=True, allow_reconnect=False, connect_timeout=PATIENCE,
                ping_interval=LOOK_EVERY, max_outstanding_pings=2, error_cb=_complain, closed_cb=ended, **self._more,
            )  # fmt: skip
            _heed_cancellation()
        except BaseException:
            await connection.end()
            raise
        return connection


class Connection:
    """`client` is the library's."""

    def __init__(self, client: Client, gone: asyncio.Future[None]) -> None:
        self.client, self._gone = client, gone

    async def confirm(self) -> None:
        """Wait until the server has taken what was published before. Raises ConnectionError or nats.errors.Error."""
        answered = runtime.spawn(self._ask(), "NATS confirms")
        try:  # the library would wait for the answer of a connection that is gone
            either: set[asyncio.Future[Any]] = {answered, self._gone}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await runtime.end(answered)
        if self._gone.done():
            raise ConnectionError("the connection to NATS ended")
        if (error := answered.result()) is not None:
            raise error

    async def _ask(self) -> Exception | None:
        try:
            await self.client.flush(CONFIRM_WITHIN)
        except Exception as error:
            return error
        return None

    async def end(self) -> None:
        """Close it, whatever state it is in, within a short time."""
        import nats.errors

        with contextlib.suppress(TimeoutError, OSError, nats.errors.Error):
            async with asyncio.timeout(CLOSE_WITHIN):
                await self.client.close()


def _heed_cancellation() -> None:
    """The library waits with `asyncio.wait_for`, which in Python 3.11 may swallow one."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _complain(error: Exception) -> None:
    runtime.log.warning("NATS", error=repr(error))
