"""`Client`: the API with `await`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx

from ohmstead.client.calls import AGAIN, Call
from ohmstead.client.errors import refusal
from ohmstead.client.events import Following
from ohmstead.client.life import AsyncCommandLife, asking
from ohmstead.client.operations import Commands as CommandOperations
from ohmstead.client.operations import Events as EventOperations
from ohmstead.client.operations import Operations
from ohmstead.client.transport import AGAIN_S, SILENCE_S, TIMEOUT_S, AsyncTransport
from ohmstead.shapes.feed import Event


class Commands(CommandOperations):
    """Ask a station for something."""

    def call(
        self, station_id: str, action: str, payload: dict[str, Any] | None = None, **options: Any
    ) -> AsyncCommandLife:
        """Any raw OCPP call of the station's version; `options` are `if_offline` and `expires_in`."""
        body = {"ocpp": {"action": action, "payload": payload or {}}, **options}
        return AsyncCommandLife(self._transport, asking(station_id, body))


class Events(EventOperations):
    """The feed."""

    async def follow(self, *, after: int | None = None, types: Sequence[str] = ()) -> AsyncIterator[Event]:
        """Events as they happen, with typed data, for ever; a lost connection is taken up where it was.

        `after` is the `sequence` that was seen last; null: from now on. Raises Gone where that is no longer kept.
        """
        following = Following(after, types)
        http = self._transport.http
        timeout = httpx.Timeout(http.timeout.connect, read=SILENCE_S)
        while True:
            try:
                async with http.stream("GET", "events/stream", headers=following.headers(), timeout=timeout) as answer:
                    if answer.status_code >= 400 and answer.status_code not in AGAIN:
                        raise refusal(answer.status_code, await answer.aread(), str(answer.url))
                    async for line in answer.aiter_lines():
                        for event in following.take(line):
                            yield event
            except httpx.TransportError:
                pass
            await asyncio.sleep(AGAIN_S)


class Client(Operations):
    """Ohmstead at `url`, with an API key. Use it in `async with`, or `close()` it.

    What is left out is looked up in the environment: OHMSTEAD_URL and OHMSTEAD_KEY.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        retries: int = 4,
        timeout: float = TIMEOUT_S,
        **options: Any,
    ) -> None:
        """`retries` further attempts where nobody answers; `timeout` in seconds; `options` are those of httpx."""
        super().__init__(AsyncTransport(url, key, retries=retries, timeout=timeout, **options))
        self.commands: Commands = Commands(self._transport)
        self.events: Events = Events(self._transport)

    async def request(self, method: str, *path: str, body: Any = None, **query: Any) -> Any:
        """Any request below /api/v1; the answer as plain JSON."""
        given = {} if body is None else {"body": body}
        return await self._transport.ask(Call(method=method, path=path, query=query, **given))

    async def close(self) -> None:
        await self._transport.http.aclose()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
