"""The doorbell between processes and tasks: ring(topic, key), listen(topic).

A ring says «look at the row again», nothing more. It may get lost, so whoever waits also looks by itself every few
seconds; it never carries data, so nothing is lost with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Listener = Callable[[str], None]


class Bus(Protocol):
    async def start(self) -> None: ...

    async def close(self) -> None: ...

    def ring(self, topic: str, key: str) -> None:
        """Wake whoever listens to `topic`, here and on other nodes."""

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call `listener(key)` on each ring of `topic`; the returned function ends that."""
