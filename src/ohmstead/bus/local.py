"""The bus of a single process, and the part of every bus that calls the listeners."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ohmstead import runtime
from ohmstead.bus import Bus, Listener


class LocalBus:
    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = {}

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        self._listeners.clear()

    def ring(self, topic: str, key: str) -> None:
        for listener in tuple(self._listeners.get(topic, ())):
            try:
                listener(key)
            except Exception as error:  # who rings, a commit for instance, is not to blame
                runtime.log.error("a listener failed", topic=topic, key=key, error=repr(error), exc_info=error)

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        self._listeners.setdefault(topic, []).append(listener)
        return lambda: self._listeners[topic].remove(listener) if listener in self._listeners.get(topic, ()) else None


class Bell:
    """Waits for one key of one topic: `with Bell(bus, "command", id) as bell: await bell.wait(5)`."""

    def __init__(self, bus: Bus, topic: str, key: str | None = None) -> None:
        self._bus, self._topic, self._key = bus, topic, key
        self._rung = asyncio.Event()

    def __enter__(self) -> Bell:
        self._leave = self._bus.listen(self._topic, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def _heard(self, key: str) -> None:
        if self._key is None or key == self._key:
            self._rung.set()

    async def wait(self, timeout: float) -> bool:
        """Whether it rang within `timeout` seconds; each ring is seen once."""
        try:
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True
