"""Files that a station fetches and brings: asked for by the controller, carried over HTTP(S) by who owns the line. And
what a local controller publishes, which lies on a shelf that others fetch from (simulator/shelf.py)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from ssl import SSLContext
from types import MappingProxyType
from typing import Literal, NamedTuple

import httpx

from ohmstead import runtime
from ohmstead.simulator.shelf import Shelf
from ohmstead.web.addresses import ANYWHERE
from ohmstead.web.fetching import Limits, Unreached, fetch

_LIMITS = Limits(patience=120.0, largest=64 * 2**20)


class Carried(NamedTuple):
    """How it went; `status` is that of HTTP, 0 when there was no answer: `why` says why."""

    status: int
    body: bytes = b""
    why: str = ""

    @property
    def well(self) -> bool:
        return 200 <= self.status < 300


class Transfer(NamedTuple):
    """One file to fetch (GET), to bring (PUT), or to publish (SHELVE; `url` is its name there, what is heard where it
    lies); `then` hears how it went."""

    method: Literal["GET", "PUT", "SHELVE"]
    url: str
    then: Callable[[Carried], None]
    content: bytes | None = None


class Porter:
    """Carries files. With `only`, URLs that begin so and no others are called."""

    def __init__(self, only: str | None = None, published: Mapping[str, bytes] = MappingProxyType({})) -> None:
        self._only = only
        self._shelf = Shelf(published)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """A file is under way."""
        return bool(self._tasks)

    def set_off(
        self, waiting: deque[Transfer], tls: SSLContext | None, back: Callable[[Transfer, Carried], Awaitable[None]]
    ) -> None:
        """Carry all that wait, beside whatever else happens; `back` is called with each."""

        async def carry(one: Transfer) -> None:
            await back(one, await self.carry(one, tls))

        while waiting:
            task = runtime.spawn(carry(waiting.popleft()), "a station's file")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def carry(self, one: Transfer, tls: SSLContext | None = None) -> Carried:
        """Carry one file; `tls` None trusts the system's CAs."""
        if one.method == "SHELVE":
            return await self._publish(one.url)
        if not one.url.lower().startswith(("http:", "https:")):
            return Carried(0, why="its protocol is not HTTP")
        if self._only is not None and not one.url.startswith(self._only.rstrip("/") + "/"):
            return Carried(0, why=f"this station carries files from and to {self._only} alone")
        headers = {"content-type": "application/octet-stream"} if one.content is not None else None
        try:
            async with httpx.AsyncClient(verify=tls if tls is not None else True, trust_env=False) as client:
                found = await fetch(
                    client, one.method, one.url, ANYWHERE, _LIMITS, content=one.content, headers=headers
                )
        except Unreached as error:
            return Carried(0, why=str(error))
        return Carried(found.status, found.body, f"HTTP {found.status}")

    async def _publish(self, name: str) -> Carried:
        if self._only is not None:
            return Carried(0, why="this station publishes nothing")
        try:
            return Carried(200, (await self._shelf.place(name)).encode())
        except OSError as error:
            return Carried(0, why=str(error))

    async def close(self) -> None:
        """Drop what is under way, and what is published."""
        await runtime.end(*self._tasks)
        await self._shelf.close()
