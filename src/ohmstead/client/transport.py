"""The two ways of asking: with `await`, and without. Everything that decides anything is in `calls`."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any, Generic, TypeVar

import httpx

from ohmstead.client.calls import Attempts, Call
from ohmstead.client.errors import OhmsteadError
from ohmstead.shapes.common import Page

T = TypeVar("T")
DEFAULT_URL = "http://127.0.0.1:8080"
TIMEOUT_S = 30.0
SILENCE_S = 45.0
"""After so long without a word a stream is dead: the server says something every 15 s."""
AGAIN_S = 1.0
"""Before a stream is taken up again."""


def _options(url: str | None, key: str | None, timeout: float) -> dict[str, Any]:
    url = url or os.environ.get("OHMSTEAD_URL") or DEFAULT_URL
    key = (key or os.environ.get("OHMSTEAD_KEY") or "").strip()  # a file that it was read from ends its line
    headers = {} if not key else {"Authorization": f"Bearer {key}"}
    base = f"{url.rstrip('/').removesuffix('/api/v1')}/api/v1/"
    return {"base_url": base, "headers": headers, "timeout": timeout}


class AsyncTransport:
    """Asks with `await`. Keeps its connections until it is closed."""

    def __init__(
        self, url: str | None, key: str | None, *, retries: int = 4, timeout: float = TIMEOUT_S, **options: Any
    ) -> None:
        self.http = httpx.AsyncClient(**_options(url, key, timeout), **options)
        self.retries = retries

    async def ask(self, call: Call[T]) -> T:
        """The answer. Raises OhmsteadError."""
        attempts, request = Attempts(call, self.retries), call.request(self.http)
        while True:
            try:
                answer = await self.http.send(request)
            except httpx.TransportError as error:
                pause: float | None = attempts.pause_after_silence(error, self.http.base_url)
            else:
                pause = attempts.pause_after(answer)
                if pause is None:
                    break
            await asyncio.sleep(pause or 0)
        try:
            return call.read(answer)
        except OhmsteadError as error:
            if attempts.is_done_already(error):
                return None  # type: ignore[return-value]
            raise


class Transport:
    """Asks and waits. Keeps its connections until it is closed."""

    def __init__(
        self, url: str | None, key: str | None, *, retries: int = 4, timeout: float = TIMEOUT_S, **options: Any
    ) -> None:
        self.http = httpx.Client(**_options(url, key, timeout), **options)
        self.retries = retries

    def ask(self, call: Call[T]) -> T:
        """The answer. Raises OhmsteadError."""
        attempts, request = Attempts(call, self.retries), call.request(self.http)
        while True:
            try:
                answer = self.http.send(request)
            except httpx.TransportError as error:
                pause: float | None = attempts.pause_after_silence(error, self.http.base_url)
            else:
                pause = attempts.pause_after(answer)
                if pause is None:
                    break
            time.sleep(pause or 0)
        try:
            return call.read(answer)
        except OhmsteadError as error:
            if attempts.is_done_already(error):
                return None  # type: ignore[return-value]
            raise


def _next(call: Call[Page[T]], page: Page[T]) -> Call[Page[T]] | None:
    if page.next_cursor is None:
        return None
    return replace(call, query={**call.query, "cursor": page.next_cursor})


class AsyncPages(Generic[T]):
    """A list of any length: `async for` goes through all of it, page after page as they are needed."""

    def __init__(self, transport: AsyncTransport, call: Call[Page[T]]) -> None:
        self._transport, self._call = transport, call

    async def __aiter__(self) -> AsyncIterator[T]:
        call: Call[Page[T]] | None = self._call
        while call is not None:
            page = await self._transport.ask(call)
            for one in page.data:
                yield one
            call = _next(call, page)

    async def page(self) -> Page[T]:
        """The first page alone, with the cursor of the next."""
        return await self._transport.ask(self._call)

    async def all(self) -> list[T]:
        return [one async for one in self]

    async def first(self) -> T | None:
        """The first one; None where there is none."""
        async for one in self:
            return one
        return None


class Pages(Generic[T]):
    """A list of any length: `for` goes through all of it, page after page as they are needed."""

    def __init__(self, transport: Transport, call: Call[Page[T]]) -> None:
        self._transport, self._call = transport, call

    def __iter__(self) -> Iterator[T]:
        call: Call[Page[T]] | None = self._call
        while call is not None:
            page = self._transport.ask(call)
            yield from page.data
            call = _next(call, page)

    def page(self) -> Page[T]:
        """The first page alone, with the cursor of the next."""
        return self._transport.ask(self._call)

    def all(self) -> list[T]:
        return list(self)

    def first(self) -> T | None:
        """The first one; None where there is none."""
        return next(iter(self), None)
