"""A recorded CSMS once more, against a station of today: its calls in their order, at their times or faster, each
waiting for its answer. What the station says meanwhile gets the answer that the recorded CSMS gave to the same action.

Ids that the station gives out are those of today: the transaction ids of 2.x, the first begun for the first recorded
one, and so on. A call that names a transaction waits until the station has begun it, and every call until the station
has booted, if the recorded one had. The new conversation comes back as records, as those of `replay`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from ohmstead import runtime
from ohmstead.ocpp.versions import V201, Version
from ohmstead.traces.reading import Trace
from ohmstead.traces.record import TO_CSMS, TO_STATION, Direction, Frame, Record, Said, exchanges, frame, version
from ohmstead.traces.replay import PATIENCE_S, CannotReplay, Closed, Line, Pace

_INTERVAL_S = 300


class Arrivals(Protocol):
    """Where a station connects, and connects again."""

    async def next(self) -> Line:
        """The next line of the station."""


def recorded_version(trace: Trace, identity: str) -> Version:
    """Which OCPP the recorded station spoke."""
    found = (version(one) for one in trace.records if one.identity == identity)
    return next((one for one in found if one is not None), V201)


def the_station(trace: Trace, identity: str | None = None) -> str:
    """The one station of a trace, or the one that is named. Raises CannotReplay."""
    known = list(dict.fromkeys(one.identity for one in trace.records))
    if identity is None and len(known) == 1:
        return known[0]
    if identity in known:
        return str(identity)
    shown = ", ".join(known[:5]) + (", ..." if len(known) > 5 else "")
    raise CannotReplay(f"{trace.file}: expected the name of one of its stations ({shown}), given {identity}")


class Csms:
    """The CSMS of a trace, towards the station that was recorded as `identity`."""

    def __init__(self, trace: Trace, identity: str, pace: Pace | None = None, patience_s: float = PATIENCE_S) -> None:
        self.heard: list[Record] = []
        self._all = exchanges(trace.records)
        self._own: Sequence[Said] = [one for one in self._all if one.record.identity == identity]
        self._identity, self._version = identity, recorded_version(trace, identity)
        self._pace, self._patience_s = pace or Pace(None), patience_s
        self._line: Line | None = None
        self._open: tuple[Said, asyncio.Future[None]] | None = None
        self._changed = asyncio.Event()
        self._booted = False
        self._recorded = list(dict.fromkeys(id for one in self._own if (id := _begun(one.frame)) is not None))
        self._today: list[str] = []
        self._answers: dict[str, list[Said]] = {}
        for one in self._own:
            if _is_call(one, TO_CSMS) and one.answer is not None:
                self._answers.setdefault(one.action, []).append(one)

    async def play(self, arrivals: Arrivals) -> None:
        """Wait for the station, serve it and say all recorded calls; over when the last one was answered, or its time
        is over. Raises CannotReplay when the station goes and does not come back."""
        server = runtime.spawn(self._serve(arrivals), f"recorded CSMS of {self._identity}")
        boots = False
        try:
            while self._line is None:
                await self._changed.wait()
            for one in self._own:
                boots = boots or one.action == "BootNotification"
                if not _is_call(one, TO_STATION):
                    continue
                if not await self._until(lambda: self._line is not None):
                    raise CannotReplay(f"the station did not come back within {self._patience_s:g} s")
                if boots:
                    await self._until(lambda: self._booted)
                await self._pace.wait(one.record.at)
                await self._say(one)
            await self._pace.wait(self._own[-1].record.at if self._own else None)
        finally:
            await runtime.end(server)
            if self._line is not None:
                await self._line.close()

    async def _until(self, condition: Callable[[], bool]) -> bool:
        """Wait for what must have happened, no longer than a call may take; whether it has."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        return condition()

    # ---- what the recorded CSMS said ----

    async def _say(self, one: Said) -> None:
        assert one.frame is not None
        named = _named(one.frame.payload, self._recorded)
        await self._until(lambda: all(self._of_today(id) is not None for id in named))
        payload = self._with_ids(one.frame.payload)
        text = msgspec.json.encode([2, one.frame.message_id, one.frame.action, payload]).decode()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._open = (one, done)
        if self._line is None:
            return
        self._note(one.record.line, TO_STATION, text)
        with suppress(Closed, TimeoutError):
            await self._line.send(text)
            async with asyncio.timeout(self._patience_s):
                await done
        self._open = None

    def _of_today(self, recorded: str) -> str | None:
        place = self._recorded.index(recorded)
        return self._today[place] if place < len(self._today) else None

    def _with_ids(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._with_ids(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._with_ids(one) for one in value]
        return (self._of_today(value) or value) if isinstance(value, str) and value in self._recorded else value

    # ---- what the station says ----

    async def _serve(self, arrivals: Arrivals) -> None:
        while True:
            self._line = await arrivals.next()
            self._changed.set()
            with suppress(Closed):
                while True:
                    await self._hear(self._line, await self._line.receive())
            self._line = None
            if self._open is not None and not self._open[1].done():
                self._open[1].set_exception(Closed())

    async def _hear(self, line: Line, text: str) -> None:
        parts = frame(text)
        if parts is None or parts.kind in (2, 6):
            recorded = self._recorded_answer(parts)
            self._note(0 if recorded is None else recorded.record.line, TO_CSMS, text)
        if parts is not None and parts.kind == 2:
            await self._answer(line, parts)
        elif parts is not None and parts.kind in (3, 4):
            self._answered(parts, text)
        self._changed.set()

    def _answered(self, parts: Frame, text: str) -> None:
        if self._open is None or self._open[0].frame is None or self._open[0].frame.message_id != parts.message_id:
            return
        self._note(self._open[0].record.line, TO_CSMS, text)
        if not self._open[1].done():
            self._open[1].set_result(None)

    def _recorded_answer(self, parts: Frame | None) -> Said | None:
        return None if parts is None else next(iter(self._answers.get(parts.action, [])), None)

    async def _answer(self, line: Line, call: Frame) -> None:
        begun = _begun(call)
        if begun is not None and begun not in self._today:
            self._today.append(begun)
        recorded = self._answers.get(call.action, [])
        one = (recorded.pop(0) if len(recorded) > 1 else recorded[0]) if recorded else None
        answer = self._all[one.answer].frame if one is not None and one.answer is not None else None
        parts = _usual(call) if answer is None else _as_recorded(call, answer, self._with_ids(answer.payload))
        out = msgspec.json.encode(parts).decode()
        self._note(one.record.line if one is not None else 0, TO_STATION, out)
        await line.send(out)
        if call.action == "BootNotification" and parts[0] == 3 and parts[2].get("status") == "Accepted":
            self._booted = True

    def _note(self, line: int, way: Direction, text: str) -> None:
        record = Record(line=line, at=runtime.now(), identity=self._identity, version=self._version.name)
        self.heard.append(replace(record, direction=way, text=text))


def _is_call(one: Said, way: Direction) -> bool:
    return one.record.direction == way and one.frame is not None and one.frame.kind == 2


def _begun(parts: Frame | None) -> str | None:
    """The id of a 2.x transaction that a station tells of."""
    if parts is None or parts.action != "TransactionEvent" or not isinstance(parts.payload, dict):
        return None
    info = parts.payload.get("transactionInfo")
    id = info.get("transactionId") if isinstance(info, dict) else None
    return id if isinstance(id, str) else None


def _named(value: Any, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that stand somewhere in a payload."""
    if isinstance(value, dict):
        return {id for part in value.values() for id in _named(part, ids)}
    if isinstance(value, list):
        return {id for part in value for id in _named(part, ids)}
    return {value} if isinstance(value, str) and value in ids else set()


def _as_recorded(call: Frame, answer: Frame, payload: Any) -> list[Any]:
    """The recorded answer to a call of today; the time is now's."""
    if answer.kind == 4:
        return [4, call.message_id, answer.code, answer.description, payload]
    if isinstance(payload, dict) and "currentTime" in payload:
        payload = {**payload, "currentTime": runtime.rfc3339(runtime.now())}
    return [3, call.message_id, payload]


def _usual(call: Frame) -> list[Any]:
    """The answer to what the recorded CSMS was never asked."""
    now = {"currentTime": runtime.rfc3339(runtime.now())}
    if call.action == "BootNotification":
        return [3, call.message_id, {**now, "interval": _INTERVAL_S, "status": "Accepted"}]
    if call.action == "Heartbeat":
        return [3, call.message_id, now]
    if call.action in ("StatusNotification", "SecurityEventNotification", "NotifyEvent", "MeterValues", "NotifyReport"):
        return [3, call.message_id, {}]
    return [4, call.message_id, "NotSupported", "The recorded CSMS was never told this.", {}]
