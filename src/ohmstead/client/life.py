"""The life of a command, as the caller sees it: sent, answered, confirmed.

async with client.commands.start("CS1", token="04A1", evse_id=1) as command:
    await command.confirmed()
"""

from __future__ import annotations

import warnings
from collections.abc import Generator
from types import TracebackType
from typing import Any

from ohmstead import runtime
from ohmstead.client.calls import Call
from ohmstead.client.errors import CommandFailed, Conflict, NotFound
from ohmstead.client.transport import AsyncTransport, Transport
from ohmstead.shapes.command import Command

LOOK_S = 30.0
"""Seconds that one request waits; then the next one does."""
GOOD = frozenset({"accepted", "confirmed"})
ENDED = frozenset({"rejected", "error", "timed_out", "expired", "cancelled", "confirmed", "unconfirmed"})


def asking(station_id: str, body: dict[str, Any]) -> Call[Command]:
    return Call(method="POST", path=("stations", station_id, "commands"), body=body, gives=Command)


def _look(id: str, wait: float, until: str | None) -> Call[Command]:
    query = {"wait": round(wait, 3), "until": until}
    return Call(method="GET", path=("commands", id), query=query, gives=Command)


def _cancel(id: str) -> Call[None]:
    return Call(method="DELETE", path=("commands", id), gives=None)


class _Life:
    """What both kinds share: the command as it was last seen."""

    seen: Command | None = None
    begun = False

    @property
    def command(self) -> Command:
        """The command as it was last seen."""
        assert self.seen is not None, "it was not sent yet; use `with`"
        return self.seen

    def __del__(self) -> None:
        if not self.begun:
            told = "a command was never sent: use it in `with`, or send(), answered() or confirmed()"
            warnings.warn(told, RuntimeWarning, stacklevel=2)

    def _steps(self, timeout: float, until: str | None) -> Generator[Call[Command], Command, Command]:
        """The looks until it is answered, or with `until` confirmed. Raises CommandFailed, TimeoutError."""
        end = runtime.monotonic() + timeout
        one = self.command
        while True:
            if one.state in ENDED and one.state not in GOOD:
                raise CommandFailed(one)
            if one.state == "confirmed" or (one.state == "accepted" and until is None):
                return one
            left = end - runtime.monotonic()
            if left <= 0:
                raise TimeoutError(f"the command {one.id} is still {one.state} after {timeout:g} s")
            wait, began = min(left, LOOK_S), runtime.monotonic()
            one = self.seen = yield _look(one.id, wait, until)
            if one.state == "accepted" and runtime.monotonic() - began < wait / 2:
                return one  # the server did not wait on: nothing on the wire could confirm it


class AsyncCommandLife(_Life):
    """A command. It is sent on entering, by `await`, or with the first question after it; one that is still queued when
    the block is left is taken back."""

    def __init__(self, transport: AsyncTransport, call: Call[Command]) -> None:
        self._transport, self._call = transport, call

    def __await__(self) -> Generator[Any, None, Command]:
        return self.send().__await__()

    async def send(self) -> Command:
        """Send it alone, without waiting for anything."""
        self.begun = True
        self.seen = await self._transport.ask(self._call)
        return self.seen

    async def answered(self, timeout: float = 60) -> Command:
        """Wait for the station's yes. Raises CommandFailed where it refuses or fails, TimeoutError."""
        return await self._wait(timeout, None)

    async def confirmed(self, timeout: float = 120) -> Command:
        """Wait until the station did it, by what it tells later; where nothing would tell, its yes is enough."""
        return await self._wait(timeout, "confirmed")

    async def _wait(self, timeout: float, until: str | None) -> Command:
        if self.seen is None:
            await self.send()
        steps = self._steps(timeout, until)
        try:
            call = next(steps)
            while True:
                call = steps.send(await self._transport.ask(call))
        except StopIteration as end:
            found: Command = end.value
            return found

    async def __aenter__(self) -> AsyncCommandLife:
        await self.send()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self.command.state == "queued":
            try:
                await self._transport.ask(_cancel(self.command.id))
            except (Conflict, NotFound):
                pass  # it was sent meanwhile


class CommandLife(_Life):
    """A command. It is sent on entering, or with the first question after it; one that is still queued when the block
    is left is taken back."""

    def __init__(self, transport: Transport, call: Call[Command]) -> None:
        self._transport, self._call = transport, call

    def send(self) -> Command:
        """Send it alone, without waiting for anything."""
        self.begun = True
        self.seen = self._transport.ask(self._call)
        return self.seen

    def answered(self, timeout: float = 60) -> Command:
        """Wait for the station's yes. Raises CommandFailed where it refuses or fails, TimeoutError."""
        return self._wait(timeout, None)

    def confirmed(self, timeout: float = 120) -> Command:
        """Wait until the station did it, by what it tells later; where nothing would tell, its yes is enough."""
        return self._wait(timeout, "confirmed")

    def _wait(self, timeout: float, until: str | None) -> Command:
        if self.seen is None:
            self.send()
        steps = self._steps(timeout, until)
        try:
            call = next(steps)
            while True:
                call = steps.send(self._transport.ask(call))
        except StopIteration as end:
            found: Command = end.value
            return found

    def __enter__(self) -> CommandLife:
        self.send()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self.command.state == "queued":
            try:
                self._transport.ask(_cancel(self.command.id))
            except (Conflict, NotFound):
                pass  # it was sent meanwhile
