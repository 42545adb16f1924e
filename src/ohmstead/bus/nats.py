"""The bus over NATS (core, without JetStream): a subject for each topic, many rings in a message, lost rings allowed.

Rings wait in a set until the server has answered the ping behind them: what was rung while the way was cut is told when
it is back. A process listens to the topics it has listeners for, and hears nothing else.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from ohmstead import runtime
from ohmstead.bus import Listener
from ohmstead.bus.line import LOOK_EVERY, Connection, Line
from ohmstead.bus.local import LocalBus
from ohmstead.bus.waiting import Waiting

if TYPE_CHECKING:
    from nats.aio.msg import Msg

MOST_TOGETHER = 5_000
"""Rings in one message: the server takes 1 MiB, a key is an id."""
RECONNECT_AFTER = 1.0


class NatsBus:
    """`Bus` across processes. Listeners of this process are called at once, those of others by message."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._local = LocalBus()
        self._waiting = Waiting()
        self._topics: set[str] = set()
        self._heard: set[str] = set()
        """Topics that this connection is subscribed to."""
        self._connection: Connection | None = None

    async def start(self) -> None:
        self._task = runtime.spawn(self._run(), "bus")

    async def close(self) -> None:
        await runtime.end(self._task)
        await self._hang_up()

    def ring(self, topic: str, key: str) -> None:
        self._local.ring(topic, key)
        self._waiting.add(topic, key)

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        if topic not in self._topics:
            self._topics.add(topic)
            self._waiting.wake()
        return self._local.listen(topic, listener)

    async def _run(self) -> None:
        while True:
            try:
                await self._talk()
            except Exception as error:
                runtime.log.warning("the bus lost NATS", error=repr(error))
                await self._hang_up()
                await asyncio.sleep(RECONNECT_AFTER)

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.end()

    async def _talk(self) -> None:
        if self._connection is None:
            self._heard.clear()
            self._connection = await self._line.open(self._waiting.wake)
        client = self._connection.client
        for topic in self._topics - self._heard:
            await client.subscribe(self._line.subject("ring", topic), cb=self._hear)
            self._heard.add(topic)
        with self._waiting.taken() as rings:
            for topic, keys in by_topic(rings):
                await client.publish(self._line.subject("ring", topic), json.dumps(keys).encode())
            await self._connection.confirm()  # raises when it ended: what waits is told on the next one
        with suppress(TimeoutError):  # the library does not tell of every end
            async with asyncio.timeout(LOOK_EVERY):
                await self._waiting.until_woken()

    async def _hear(self, message: Msg) -> None:
        topic = message.subject.rpartition(".")[2]
        for key in json.loads(message.data):
            self._local.ring(topic, key)


def by_topic(rings: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """(topic, keys) with at most MOST_TOGETHER keys each."""
    found: dict[str, list[str]] = defaultdict(list)
    for topic, key in rings:
        found[topic].append(key)
    for topic, keys in found.items():
        for start in range(0, len(keys), MOST_TOGETHER):
            yield topic, keys[start : start + MOST_TOGETHER]
