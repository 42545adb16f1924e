"""The bus over PostgreSQL's LISTEN/NOTIFY: one channel, many rings in one notification, lost rings allowed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import asyncpg

from ohmstead import runtime
from ohmstead.bus import Listener
from ohmstead.bus.local import LocalBus
from ohmstead.bus.waiting import Waiting

CHANNEL = "ohmstead"
TOGETHER = 0.01
"""Seconds in which rings are collected: PostgreSQL serialises the commits of notifications."""
MOST_BYTES = 7_500
"""Of one notification; PostgreSQL takes fewer than 8,000."""
LOOK_EVERY = 30.0
"""Seconds after which a silent connection is asked whether it is still there."""
RECONNECT_AFTER = 1.0
PATIENCE = 10.0
"""Seconds for an answer of the database."""


class PostgresBus:
    """`Bus` across processes. Listeners of this process are called at once, those of others by notification."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = LocalBus()
        self._waiting = Waiting()
        self._connection: Any = None

    async def start(self) -> None:
        self._task = runtime.spawn(self._run(), "bus")

    async def close(self) -> None:
        await runtime.end(self._task)
        if self._connection is not None:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._connection.close(timeout=2)

    def ring(self, topic: str, key: str) -> None:
        self._local.ring(topic, key)
        self._waiting.add(topic, key)

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        return self._local.listen(topic, listener)

    async def _run(self) -> None:
        while True:
            try:
                await self._talk()
            except Exception as error:
                runtime.log.warning("the bus lost its database", error=repr(error))
                if self._connection is not None:
                    self._connection.terminate()
                await asyncio.sleep(RECONNECT_AFTER)

    async def _talk(self) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url, command_timeout=PATIENCE)
            self._connection.add_termination_listener(lambda _: self._waiting.wake())
            await self._connection.add_listener(CHANNEL, self._heard)
        try:
            async with asyncio.timeout(LOOK_EVERY):
                await self._waiting.until_woken()
        except TimeoutError:
            await self._connection.execute("SELECT 1")
        await asyncio.sleep(TOGETHER)
        if self._connection.is_closed():
            raise ConnectionError("the server closed the connection")  # what waits is told on the next one
        sender = self._connection.get_server_pid()
        with self._waiting.taken() as rings:
            for portion in portions(rings):
                await self._connection.execute("SELECT pg_notify($1, $2)", CHANNEL, json.dumps([sender, portion]))

    def _heard(self, connection: Any, pid: int, channel: str, payload: str) -> None:
        sender, rings = json.loads(payload)
        if sender != connection.get_server_pid():
            for topic, key in rings:
                self._local.ring(topic, key)


def portions(rings: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Rings in lists that fit into one notification each."""
    portion: list[tuple[str, str]] = []
    size = 0
    for ring in rings:
        length = len(json.dumps(ring)) + 2
        if portion and size + length > MOST_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(ring)
        size += length
    if portion:
        yield portion
