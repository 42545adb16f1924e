"""What goes over the lines of simulated stations, noted as it goes: after what a fault made of it on its way out, and
before what one makes of it on its way in."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple

from ohmstead import runtime
from ohmstead.simulator.connection import Endpoint, Line, LineClosed, dial

MOST = 500_000
"""Notes of one recording; more are counted only. `ohmstead trace` reads no more of one file."""
MOST_CHARACTERS = 100 * 2**20
"""Of all of them, for the same reason."""


class Note(NamedTuple):
    """`text` of a frame is what went over the line; of an end, how it came."""

    at: int
    """The station's time, microseconds UTC."""
    identity: str
    version: str
    kind: Literal["frame", "open", "closed"]
    out: bool
    """From the station."""
    text: str
    connection: str


class Recorder:
    """Opens lines, and notes what is said. `clock` gives the time of a station; without one it is that of now."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.left_out = self._characters = 0
        self.clock: Callable[[str], int] = lambda _: runtime.now()
        self._connections = itertools.count(1)

    def through(self, plain: Callable[[Endpoint], Awaitable[Line]] = dial) -> Callable[[Endpoint], Awaitable[Line]]:
        """What opens a line that is recorded, over what opens a plain one."""

        async def recorded(endpoint: Endpoint) -> Line:
            line = await plain(endpoint)
            connection = str(next(self._connections))

            def note(kind: Literal["frame", "open", "closed"], text: str, out: bool = False) -> None:
                if len(self.notes) >= MOST or self._characters + len(text) > MOST_CHARACTERS:
                    self.left_out += 1
                    return
                self._characters += len(text)
                at, who = self.clock(endpoint.identity), endpoint.identity
                self.notes.append(Note(at, who, endpoint.version.name, kind, out, text, connection))

            note("open", "")
            return _Recorded(line, note)

        return recorded


class _Recorded:
    """A line that is listened to."""

    def __init__(self, line: Line, note: Callable[..., None]) -> None:
        self._line, self._note = line, note

    async def send(self, frame: bytes, *, parts: int = 1, binary: bool = False) -> None:
        self._note("frame", frame.decode(errors="replace"), True)
        await self._line.send(frame, parts=parts, binary=binary)

    async def receive(self) -> bytes:
        try:
            frame = await self._line.receive()
        except LineClosed as closed:
            self._note("closed", str(closed))
            raise
        self._note("frame", frame.decode(errors="replace"))
        return frame

    async def close(self) -> None:
        await self._line.close()

    def abort(self) -> None:
        self._line.abort()

    def freeze(self, frozen: bool) -> None:
        self._line.freeze(frozen)

    def eat_pings(self, eaten: bool) -> None:
        self._line.eat_pings(eaten)
