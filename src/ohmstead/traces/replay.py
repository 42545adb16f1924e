"""A recorded station once more, against a CSMS of today: its calls in their order, at their times or faster, each
waiting for its answer. What the CSMS asks meanwhile gets the answer that the recorded station gave to the same action.

Ids that the other side gives out are those of today: the transaction ids of 1.6, requestId and remoteStartId. The new
conversation comes back as records, each with the line of the recorded call, fit to be written or compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.ocpp.versions import V201, Version
from ohmstead.traces.reading import Trace
from ohmstead.traces.record import TO_CSMS, TO_STATION, Frame, Record, Said, exchanges, frame, version

MAX_STATIONS = 200
PATIENCE_S = 30.0
_IDS = frozenset({"transactionId", "requestId", "remoteStartId"})


class CannotReplay(Exception):
    """The CSMS cannot be reached, or takes no such station; the text says why."""


class Closed(Exception):
    """The line has ended."""


class Line(Protocol):
    """One open connection to a CSMS."""

    async def send(self, text: str) -> None:
        """One text message; raises Closed."""

    async def receive(self) -> str:
        """The next message; raises Closed."""

    async def close(self) -> None: ...


Dial = Callable[[str, Version], Awaitable[Line]]
"""Opens a line for a station; raises CannotReplay."""
Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """When each record is due. `speed` is recorded seconds in one of ours; None: as fast as the answers come."""

    def __init__(self, speed: float | None, sleep: Sleep = asyncio.sleep) -> None:
        self._speed, self._sleep = speed, sleep
        self._begin: tuple[int, float] | None = None

    async def wait(self, at: int | None) -> None:
        """Until the moment of `at` (recorded microseconds) has come; the first one counts from now."""
        if self._speed is None or at is None:
            return
        if self._begin is None:
            self._begin = (at, runtime.monotonic())
        recorded, real = self._begin
        left = real + (at - recorded) / 1_000_000 / self._speed - runtime.monotonic()
        if left > 0:
            await self._sleep(left)


async def replay(
    trace: Trace,
    dial: Dial,
    *,
    speed: float | None = None,
    sleep: Sleep = asyncio.sleep,
    patience_s: float = PATIENCE_S,
) -> list[Record]:
    """Say all stations of a trace again, side by side; the new conversation in the order of time. Raises
    CannotReplay."""
    said = exchanges(trace.records)
    stations: dict[str, list[Said]] = {}
    for one in said:
        stations.setdefault(one.record.identity, []).append(one)
    if len(stations) > MAX_STATIONS:
        raise CannotReplay(f"{trace.file}: expected at most {MAX_STATIONS} stations, it has {len(stations)}")
    pace = Pace(speed, sleep)
    played = [_Station(identity, own, said, dial, pace, patience_s) for identity, own in stations.items()]
    await asyncio.gather(*(one.play() for one in played))
    return sorted((record for one in played for record in one.heard), key=lambda record: record.at or 0)


class _Station:
    """One station of the trace, living again."""

    def __init__(
        self, identity: str, own: Sequence[Said], all: Sequence[Said], dial: Dial, pace: Pace, patience_s: float
    ) -> None:
        self.heard: list[Record] = []
        self._identity, self._own, self._all = identity, own, all
        self._dial, self._pace, self._patience_s = dial, pace, patience_s
        self._version = next((found for one in own if (found := version(one.record)) is not None), V201)
        self._line: Line | None = None
        self._reader: asyncio.Task[None] | None = None
        self._open: tuple[Said, asyncio.Future[Frame]] | None = None
        self._ids: dict[tuple[str, int], int] = {}
        self._answers: dict[str, list[Said]] = {}
        for one in own:
            if one.record.direction == TO_STATION and one.frame and one.frame.kind == 2 and one.answer is not None:
                self._answers.setdefault(one.action, []).append(one)

    async def play(self) -> None:
        try:
            for one in self._own:
                await self._pace.wait(one.record.at)
                if one.record.kind != "frame":
                    await self._hang_up()
                elif one.record.direction == TO_CSMS and (one.frame is None or one.frame.kind in (2, 6)):
                    await self._say(one)
        finally:
            await self._hang_up()

    async def _say(self, one: Said) -> None:
        if self._line is None:
            self._line = await self._dial(self._identity, self._version)
            self._reader = runtime.spawn(self._read(self._line), f"replay {self._identity}")
        text = one.record.text if one.frame is None else self._today(one.frame)
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        if one.frame is not None and one.frame.kind == 2:
            self._open = (one, answer)
        self._note(one.record.line, TO_CSMS, text)
        try:
            await self._line.send(text)
            if self._open is not None:
                async with asyncio.timeout(self._patience_s):
                    await answer
        except (Closed, TimeoutError):
            await self._hang_up()
        self._open = None

    def _today(self, parts: Frame) -> str:
        payload = self._with_ids(parts.payload)
        return msgspec.json.encode([parts.kind, parts.message_id, parts.action, payload]).decode()

    def _with_ids(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._with_ids(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {
            name: self._ids.get((name, part), part) if name in _IDS and isinstance(part, int) else self._with_ids(part)
            for name, part in value.items()
        }

    def _learn(self, recorded: Any, today: Any) -> None:
        """Ids that stand in both: the recorded one means today's from now on."""
        if isinstance(recorded, dict) and isinstance(today, dict):
            for name in _IDS & recorded.keys() & today.keys():
                if isinstance(recorded[name], int) and isinstance(today[name], int):
                    self._ids[name, recorded[name]] = today[name]

    # ---- what the CSMS says ----

    async def _read(self, line: Line) -> None:
        with suppress(Closed):
            while True:
                text = await line.receive()
                parts = frame(text)
                if parts is not None and parts.kind == 2:
                    await self._asked(line, parts, text)
                elif parts is not None and parts.kind in (3, 4):
                    self._answered(parts, text)
        if self._line is line:
            self._line = None
        if self._open is not None and not self._open[1].done():
            self._open[1].set_exception(Closed())

    def _answered(self, parts: Frame, text: str) -> None:
        if self._open is None or self._open[1].done():
            return
        one, answer = self._open
        if one.frame is None or parts.message_id != one.frame.message_id:
            return
        self._note(one.record.line, TO_STATION, text)
        if parts.kind == 3 and one.answer is not None and (recorded := self._all[one.answer].frame) is not None:
            self._learn(recorded.payload, parts.payload)
        answer.set_result(parts)

    async def _asked(self, line: Line, call: Frame, text: str) -> None:
        self._note(0, TO_STATION, text)
        recorded = self._answers.get(call.action, [])
        one = (recorded.pop(0) if len(recorded) > 1 else recorded[0]) if recorded else None
        answer = self._all[one.answer].frame if one is not None and one.answer is not None else None
        if one is None or one.frame is None or answer is None:
            parts: list[Any] = [4, call.message_id, "NotSupported", "The recorded station was never asked this.", {}]
        else:
            self._learn(one.frame.payload, call.payload)
            payload = self._with_ids(answer.payload)
            told = [answer.code, answer.description, payload] if answer.kind == 4 else [payload]
            parts = [answer.kind, call.message_id, *told]
        out = msgspec.json.encode(parts).decode()
        self._note(one.record.line if one is not None else 0, TO_CSMS, out)
        await line.send(out)

    def _note(self, line: int, way: Any, text: str) -> None:
        record = Record(line=line, at=runtime.now(), identity=self._identity, version=self._version.name)
        self.heard.append(replace(record, direction=way, text=text))

    async def _hang_up(self) -> None:
        line, reader, self._line, self._reader = self._line, self._reader, None, None
        if line is not None:
            await line.close()
        if reader is not None:
            await runtime.end(reader)
