"""`SyncClient`: the API without `await`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from ohmstead.client.calls import AGAIN, Call
from ohmstead.client.errors import refusal
from ohmstead.client.events import Following
from ohmstead.client.life import CommandLife, asking
from ohmstead.client.sync_operations import Commands as CommandOperations
from ohmstead.client.sync_operations import Events as EventOperations
from ohmstead.client.sync_operations import Operations
from ohmstead.client.transport import AGAIN_S, SILENCE_S, TIMEOUT_S, Transport
from ohmstead.shapes.feed import Event


class Commands(CommandOperations):
    """Ask a station for something."""

    def call(self, station_id: str, action: str, payload: dict[str, Any] | None = None, **options: Any) -> CommandLife:
        """Any raw OCPP call of the station's version; `options` are `if_offline` and `expires_in`."""
        body = {"ocpp": {"action": action, "payload": payload or {}}, **options}
        return CommandLife(self._transport, asking(station_id, body))


class Events(EventOperations):
    """The feed."""

    def follow(self, *, after: int | None = None, types: Sequence[str] = ()) -> Iterator[Event]:
        """Events as they happen, with typed data, for ever; a lost connection is taken up where it was.

        `after` is the `sequence` that was seen last; null: from now on. Raises Gone where that is no longer kept.
        """
        following = Following(after, types)
        http = self._transport.http
        timeout = httpx.Timeout(http.timeout.connect, read=SILENCE_S)
        while True:
            try:
                with http.stream("GET", "events/stream", headers=following.headers(), timeout=timeout) as answer:
                    if answer.status_code >= 400 and answer.status_code not in AGAIN:
                        raise refusal(answer.status_code, answer.read(), str(answer.url))
                    for line in answer.iter_lines():
                        yield from following.take(line)
            except httpx.TransportError:
                pass
            time.sleep(AGAIN_S)


class SyncClient(Operations):
    """Ohmstead at `url`, with an API key. Use it in `with`, or `close()` it.

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
        super().__init__(Transport(url, key, retries=retries, timeout=timeout, **options))
        self.commands: Commands = Commands(self._transport)
        self.events: Events = Events(self._transport)

    def request(self, method: str, *path: str, body: Any = None, **query: Any) -> Any:
        """Any request below /api/v1; the answer as plain JSON."""
        given = {} if body is None else {"body": body}
        return self._transport.ask(Call(method=method, path=path, query=query, **given))

    def close(self) -> None:
        self._transport.http.close()

    def __enter__(self) -> SyncClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
