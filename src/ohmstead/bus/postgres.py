"""The bus over PostgreSQL's LISTEN/NOTIFY: one channel, many rings in one notification, lost rings allowed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import asyncpg

from ohmstead import runtime
from ohmstead.bus import Listener
from ohmstead.bus.local import LocalBus

CHANNEL = "ohmstead"
TOGETHER = 0.01
"""Seconds in which rings are collected: PostgreSQL serialises the commits of notifications."""
MOST_BYTES = 7_500


class PostgresBus:
    """`Bus` across processes. Listeners of this process are called at once, those of others by notification."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = LocalBus()
        self._waiting: set[tuple[str, str]] = set()
        self._wake = asyncio.Event()
        self._connection: Any = None

    async def start(self) -> None:
        self._task = runtime.spawn(self._run(), "bus")

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()

    def ring(self, topic: str, key: str) -> None:
        self._local.ring(topic, key)
        self._waiting.add((topic, key))
        self._wake.set()

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        return self._local.listen(topic, listener)

    async def _run(self) -> None:
        while True:
            try:
                await self._talk()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                runtime.log.warning("the bus lost its database, rings are lost", error=str(error))
                await asyncio.sleep(1)

    async def _talk(self) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url)
            await self._connection.add_listener(CHANNEL, self._heard)
        await self._wake.wait()
        await asyncio.sleep(TOGETHER)
        self._wake.clear()
        rings, self._waiting = sorted(self._waiting), set()
        own = self._connection.get_server_pid()
        while rings:
            portion: list[tuple[str, str]] = []
            while rings and len(json.dumps([own, portion])) + len(rings[-1][1]) < MOST_BYTES:
                portion.append(rings.pop())
            await self._connection.execute("SELECT pg_notify($1, $2)", CHANNEL, json.dumps([own, portion]))

    def _heard(self, connection: Any, pid: int, channel: str, payload: str) -> None:
        sender, rings = json.loads(payload)
        if sender != connection.get_server_pid():
            for topic, key in rings:
                self._local.ring(topic, key)
