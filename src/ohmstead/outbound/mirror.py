"""One station told to one second CSMS: a client that speaks as the station does.

The second CSMS is told of what was handled and committed here, one call at a time, and its answers change nothing; only
the transaction ids that it gives in 1.6 are remembered. A command of its own becomes a command of ours, where its
action is let through, and is answered with what the station said. What it does not take in time waits in a bounded
`Outbox`; nothing here is ever awaited by the station's session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple, Protocol

from ohmstead import runtime
from ohmstead.domain.forwarding import (
    NOT_TOLD,
    Ids,
    Outbox,
    Told,
    asked_with,
    introduction,
    members,
    statuses,
    told_with,
    transaction_of,
    wait_before,
    why_not,
)
from ohmstead.ocpp import rpc
from ohmstead.ocpp.masking import masked
from ohmstead.ocpp.versions import V16, Version
from ohmstead.outbound.lines import CLOSE_WITHIN, Address, Dial, Line, NoLine
from ohmstead.store.forwardings import Target
from ohmstead.store.sessions import State

ANSWER_WITHIN = 30.0
GONE = "its station is gone"
TRIES = 3
"""Attempts to tell one message, each on a line of its own."""
GRACE = 10.0
"""Seconds that the line of a station which is gone, and may come back, is kept."""
PACE = 0.05
"""Seconds between two frames of the second CSMS that are no answers."""
SHORTEST_INTERVAL, LONGEST_INTERVAL = 10, 900
"""Seconds before the next BootNotification to a CSMS that does not accept the station."""
TYPED = b'"KeyCode"'
"""A message with a token of this type holds a code that is nobody else's (C04.FR.04)."""


class Refusal(Exception):
    """A command that the second CSMS does not get done."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Here(Protocol):
    """A station's session."""

    @property
    def version(self) -> Version: ...

    @property
    def state(self) -> State: ...


Ask = Callable[[Here, Target, str, bytes], Awaitable[bytes]]
"""Let the station do it (session, whose command, action, payload): its answer's payload. Raises Refusal."""


class Figures(NamedTuple):
    """How a line is, as the API shows it."""

    state: str
    reason: str | None
    since: int
    told: int
    dropped: int
    asked: int
    refused: int


class Books(Protocol):
    """Where a mirror keeps what must outlive it."""

    async def running(self) -> Ids: ...

    def remember(self, ours: int, theirs: int) -> None: ...

    def forget(self, ours: int) -> None: ...

    def show(self, figures: Figures) -> None: ...


class Mirror:
    """`tell` is called by the station's session, `run` is the line's own task."""

    def __init__(
        self, target: Target, here: Here, outbox: Outbox, books: Books, ask: Ask, dial: Dial, password: str | None
    ) -> None:
        self.target, self.here, self.outbox = target, here, outbox
        self._books, self._ask, self._dial, self._password = books, ask, dial, password
        self._bell = asyncio.Event()
        self._left_at: float | None = None
        self.task: asyncio.Task[None] | None = None
        """The one of `run`."""
        self.over = False
        self._ids: Ids = {}
        self._peer = rpc.Peer(here.version)
        self._answer: asyncio.Future[rpc.Answer] | None = None
        self._errand: asyncio.Task[None] | None = None
        self._broken: str | None = None
        self._tries = self._attempt = 0
        self._lost = self.told = self.asked = self.refused = 0
        self.state, self._reason, self._since = "connecting", "", runtime.now()
        self._shown: Figures | None = None

    @property
    def dropped(self) -> int:
        return self._lost + self.outbox.dropped

    def tell(self, action: str, payload: bytes, answer: bytes | None) -> None:
        """The station said this and we answered that (None: it was a SEND). Never waits."""
        if action in NOT_TOLD or action in self.target.leave_out:
            return
        number = None
        if self.here.version is V16 and action == "StartTransaction" and answer is not None:
            number = transaction_of(answer)
        if TYPED in payload:
            payload = masked(payload.decode()).encode()
        self.outbox.put(Told(action, payload, number, answer is None))
        self._bell.set()

    def leave(self) -> None:
        """The station is gone, perhaps for a moment."""
        self._left_at = self._left_at or runtime.monotonic()
        self._bell.set()
        self.show()

    def back(self, here: Here) -> bool:
        """The station is here again; False when the line is of no use to it."""
        if self.over or here.version is not self.here.version:
            return False
        self.here, self._left_at = here, None
        return True

    def show(self) -> None:
        """Let the API see how it is, where that has changed."""
        figures = Figures(
            self.state, self._reason or None, self._since, self.told, self.dropped, self.asked, self.refused
        )
        if figures != self._shown:
            self._shown = figures
            self._books.show(figures)

    def _is(self, state: str, reason: str = "") -> None:
        if (state, reason) != (self.state, self._reason):
            self.state, self._reason, self._since = state, reason[:500], runtime.now()
        self.show()

    # ------------------------------------------------------------------ the line

    async def run(self) -> None:
        """Keep a line for as long as the station is here."""
        try:
            while self.here.state.station.vendor is None and not self._gone:
                await self._ring(GRACE)
            if self.here.version is V16:
                self._ids = await self._books.running()
            while not self._gone:
                self._attempt += 1
                self._is("connecting", await self._one_line())
                await self._rest(wait_before(self._attempt, runtime.rng.random()))
        finally:
            self.over = True
            self._lost += len(self.outbox)
            self.outbox.clear()
            self._is("ended")

    @property
    def _gone(self) -> bool:
        return self._left_at is not None and runtime.monotonic() >= self._left_at + GRACE

    async def _rest(self, seconds: float) -> None:
        """Wait so long, unless the station is gone."""
        until = runtime.monotonic() + seconds
        while (left := until - runtime.monotonic()) > 0 and not self._gone:
            await self._ring(left)

    async def _ring(self, seconds: float) -> None:
        """Wait until something happens, or that long; a station that is gone has its grace."""
        if self._left_at is not None:
            seconds = min(seconds, max(0.0, self._left_at + GRACE - runtime.monotonic()))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        self._bell.clear()

    async def _one_line(self) -> str:
        """Talk until the line ends; why it did."""
        to, station = self.target, self.here.state.station
        who = to.identity or station.identity
        address = Address(to.url, who, self.here.version, self._password, to.trusted_certificates)
        try:
            line = await self._dial(address)
        except NoLine as error:
            return str(error)
        self._peer, self._broken = rpc.Peer(self.here.version, ANSWER_WITHIN), None
        reading = runtime.spawn(self._read(line), "forwarding")
        try:
            await self._introduce(line)
            await self._tell_all(line)
            return GONE
        except NoLine as error:
            return str(error)
        except Exception as error:
            runtime.log.exception("forwarding failed", station=who, url=to.url, error=repr(error))
            return f"internal error: {type(error).__name__}"
        finally:
            await runtime.end(reading, *([self._errand] if self._errand else []))
            with suppress(NoLine, TimeoutError):
                async with asyncio.timeout(2 * CLOSE_WITHIN):
                    await line.close()

    async def _introduce(self, line: Line) -> None:
        """BootNotification until it is accepted, then how the connectors are."""
        while True:
            first, station = self.outbox.first(), self.here.state.station
            own = first if first is not None and first.action == "BootNotification" else None
            said = own.payload if own else introduction(
                self.here.version.name, station.vendor or "", station.model or "",
                station.serial_number, station.firmware_version,
            )  # fmt: skip
            interval = await self._boot(line, said)
            if own is not None:
                self.outbox.done(own)
            if interval is None:
                break
            await self._rest(interval)
            if self._gone or self._broken is not None:
                raise NoLine(self._broken or GONE)
        if own is None:
            for payload in statuses(self.here.version.name, self.here.state.connectors.values()):
                await self._say(line, "StatusNotification", payload)

    async def _boot(self, line: Line, payload: bytes) -> int | None:
        """None when it is accepted, else the seconds until the next attempt."""
        answer = await self._say(line, "BootNotification", payload)
        said = members(answer.payload)
        if said.get("status") == "Accepted":
            self._attempt = 0
            self._is("connected")
            return None
        why = said.get("status") or (answer.error.code if answer.error else "no status")
        self._is("not_accepted", f"it answered the BootNotification with {why}")
        interval = said.get("interval")
        return min(max(interval if isinstance(interval, int) else 0, SHORTEST_INTERVAL), LONGEST_INTERVAL)

    async def _tell_all(self, line: Line) -> None:
        while not self._gone:
            if self._broken is not None:
                raise NoLine(self._broken)
            one = self.outbox.first()
            if one is None:
                await self._ring(ANSWER_WITHIN)
            else:
                await self._tell(line, one)

    async def _tell(self, line: Line, one: Told) -> None:
        payload: bytes | None = one.payload
        if self.here.version is V16:
            payload = told_with(one.payload, one.action, self._ids)
        if payload is None:
            self._lost += 1
            return self.outbox.done(one)
        answer = b"{}"
        if one.is_send:
            await line.send(self._peer.send(one.action, payload))
        else:
            said = await self._try(line, one, payload)
            if said.error is not None:
                return self._give_up(one)
            answer = bytes(said.payload or answer)
            self._learn(one, answer)
        self._tries = 0
        self.told += 1
        self.outbox.done(one)
        if one.action == "BootNotification" and members(answer).get("status") != "Accepted":
            raise NoLine("it does not accept the station any more")

    async def _try(self, line: Line, one: Told, payload: bytes) -> rpc.Answer:
        self._tries += 1
        try:
            return await self._say(line, one.action, payload)
        except NoLine:
            if self._tries >= TRIES:
                self._give_up(one)
            raise

    def _give_up(self, one: Told) -> None:
        self._tries = 0
        self._lost += 1
        self.outbox.done(one)

    def _learn(self, one: Told, answer: bytes) -> None:
        """1.6: the second CSMS's number of a transaction begins or ends to count."""
        if one.number is not None and (theirs := transaction_of(answer)) is not None:
            self._ids[one.number] = theirs
            self._books.remember(one.number, theirs)
        elif self.here.version is V16 and one.action == "StopTransaction":
            ours = transaction_of(one.payload)
            if ours is not None and self._ids.pop(ours, None) is not None:
                self._books.forget(ours)

    async def _say(self, line: Line, action: str, payload: bytes) -> rpc.Answer:
        """One call and its answer. Raises NoLine, when there is none in time too: who hangs is left for a while."""
        if self._broken is not None:
            raise NoLine(self._broken)
        _, frame = self._peer.call(action, payload, 0.0)
        self._answer = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await line.send(frame)
                return await self._answer
        except TimeoutError:
            raise NoLine(f"it left {action} unanswered for {ANSWER_WITHIN:g} s") from None
        finally:
            self._answer = None

    # ------------------------------------------------------------------ what the second CSMS says

    async def _read(self, line: Line) -> None:
        try:
            while True:
                event = self._peer.receive(await line.receive(), 0.0)
                if isinstance(event, rpc.Answer):
                    if self._answer is not None and not self._answer.done():
                        self._answer.set_result(event)
                    continue
                if isinstance(event, rpc.Call):
                    await self._asked(line, event)
                elif isinstance(event, rpc.Reply):
                    await line.send(event.frame)
                elif isinstance(event, rpc.Unreadable) and event.reply is not None:
                    await line.send(event.reply)
                await asyncio.sleep(PACE)
        except NoLine as error:
            self._broken = str(error)
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(error)
            self._bell.set()

    async def _asked(self, line: Line, call: rpc.Call) -> None:
        """A command of the second CSMS: refused at once, or done beside what else is said."""
        payload = bytes(call.payload)
        why = why_not(self.target.commands, call.action, payload)
        if why is None and self._errand is not None and not self._errand.done():
            why = "Another command is on its way; OCPP allows one at a time (OCPP-J 4.1.1)."
        if why is None:
            self._errand = runtime.spawn(self._do(line, call), "forwarded command")
            return
        self.refused += 1
        await line.send(self._peer.error(call.message_id, "NotSupported", why))

    async def _do(self, line: Line, call: rpc.Call) -> None:
        payload = bytes(call.payload)
        self.asked += 1
        try:
            if self.here.version is V16:
                payload = asked_with(payload, self._ids)
            answer = await self._ask(self.here, self.target, call.action, payload)
            frame = self._peer.result(call.message_id, answer)
        except KeyError:
            frame = self._peer.error(call.message_id, "PropertyConstraintViolation", "There is no such transaction.")
        except Refusal as refusal:
            frame = self._peer.error(call.message_id, refusal.code, str(refusal))
        except Exception as error:
            runtime.log.exception("forwarded command failed", action=call.action, error=repr(error))
            frame = self._peer.error(call.message_id, "InternalError", "The command could not be given.")
        with suppress(NoLine):
            await line.send(frame)
