"""One connected station: its socket, its conversation, its state in memory.

The station's calls are handled one at a time, each with its commit, in the order they came; our calls to it run beside
them and neither waits for the other. A session has no task while it is idle.

    waiting -> (claims its station) -> current -> closed

A session whose station is still held by a living socket waits; its first frame, or the other's silence, makes it claim.
What a session remembers is replaced only after the commit that makes it true. Stale or failed means gone: it closes its
socket and dies with its state. `dead` comes before `closed`: from then on nothing is handled, said or waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ohmstead import runtime
from ohmstead.blocks import feed_event
from ohmstead.blocks.migrated import back
from ohmstead.blocks.proving import arrived
from ohmstead.blocks.refolding import Books, refold
from ohmstead.blocks.version_change import take_over
from ohmstead.domain import commands as lives
from ohmstead.domain.commands import Awaiting, Happening
from ohmstead.domain.station import Skew, entitles, observed
from ohmstead.gateway import asking, dispatch
from ohmstead.gateway.node import INTERNAL, POLICY, REPLACED, TRY_LATER, Changed, Node
from ohmstead.gateway.transport import Transport
from ohmstead.gateway.welcome import admitted, arriving, unwelcome, write_here, write_shown
from ohmstead.ocpp import rpc
from ohmstead.ocpp.signing import SUFFIX
from ohmstead.ocpp.versions import Version
from ohmstead.store.commands import NO_ANSWER, sent_before, write_confirmed, write_timed_out
from ohmstead.store.db import Claim, DatabaseGone, Stale, Write
from ohmstead.store.sessions import SEEN, State, Station, load_awaiting, load_state, write_gone
from ohmstead.vendors import Kind

if TYPE_CHECKING:
    from ohmstead.gateway.credentials import Shown
    from ohmstead.gateway.hub import Hub

MOST_WAITING = 32
"""Calls of a station that may wait for their turn. OCPP allows one at a time; of stations that send all they have at
once no more is read until half of these are handled."""
BIG = 65_536
"""Bytes of a call behind which no more is read: what waits of a station stays small, whatever it sends."""
MOST_QUEUED = 4096
"""Calls that may have been read already by then; a flood is cut."""
SEEN_EVERY = 60_000_000
"""Microseconds between two writes of last_seen_at."""


class Session:
    """`Receiver` of one socket."""

    __slots__ = (
        "_busy", "_paused", "_queue", "_refreshed", "_reload", "_seen_written", "asked", "awaiting", "begun", "claim",
        "dead", "entitled", "hub", "kind", "node", "open_answer", "peer", "pongs", "recent", "seen_at", "shown", "skew",
        "state", "station", "transport", "version", "working",
    )  # fmt: skip

    def __init__(self, node: Node, hub: Hub, station: Station, version: Version, shown: Shown | None = None) -> None:
        self.node, self.hub, self.version, self.shown = node, hub, version, shown
        self.station = station
        """As the handshake saw it; what is true now is `state.station`."""
        self.peer = rpc.Peer(version, node.settings.stations.call_timeout)
        self.transport: Transport | None = None
        self.claim: Claim | None = None
        self.state: State = arriving(station, shown)
        self.awaiting: list[Awaiting] = []
        self.recent: list[Happening] | None = None
        """What happened while a command of ours is on the wire: it may be confirmed before it is answered."""
        self.entitled: frozenset[str] = frozenset()
        """Actions that our calls allow the station before it is accepted."""
        self.open_answer: asyncio.Future[tuple[rpc.Answer | rpc.TimedOut, bytes | None]] | None = None
        self.asked = self.working = False
        """There may be a command for the station; one is being put to it."""
        self.skew: Skew | None = None
        self.kind: tuple[Station, Kind] | None = None  # gateway/kinds.py
        self.seen_at = runtime.now()
        self.pongs = 0
        self.begun = self.dead = self._paused = False
        self._seen_written = 0
        self._queue: list[tuple[rpc.Call | rpc.Send, bytes]] = []
        self._busy = True  # until it has begun
        self._reload = False
        self._refreshed: asyncio.Future[None] | None = None

    @property
    def identity(self) -> str:
        return self.station.identity

    # ------------------------------------------------------------------ Receiver

    def opened(self, transport: Transport) -> None:
        self.transport = transport
        self.hub.join(self)

    def pong(self) -> None:
        self.pongs += 1

    def text(self, data: bytes) -> None:
        """One frame. Answers to our calls are handed on at once; calls queue."""
        if self.dead:
            return
        self.seen_at = runtime.now()
        self.hub.spoke(self)
        event = self.peer.receive(data, runtime.monotonic())
        if isinstance(event, rpc.Unreadable):
            data, event = dispatch.fix_text(self, data, event)
        if isinstance(event, rpc.Call | rpc.Send):
            self._enqueue(event, data)
        elif isinstance(event, rpc.Answer):
            self._resolve(event, data)
            self._note_seen()
        elif isinstance(event, rpc.Reply):
            self._bad(data, event.frame, event.reason)
        elif isinstance(event, rpc.Unreadable):
            self._bad(data, event.reply, event.reason)
            if event.answers_open_call and (answer := self.peer.give_up(event.reason)) is not None:
                self._resolve(answer, data)
        else:
            reason = event.error.description if isinstance(event, rpc.ResultError) else event.reason
            self._bad(data, None, reason)

    def closed(self, code: int, reason: str) -> None:
        self._paused = False
        self._die()
        self.hub.leave(self, code, reason)

    # ------------------------------------------------------------------ its life

    async def begin(self, claim: Claim) -> None:
        """Load what is known of the station, say that it is here, then serve what has queued."""
        self.claim = claim
        self.state = admitted(await load_state(self.node.db, self.station.id), self.state)
        for learn in (refold, take_over, arrived, back):
            self.state = await learn(self._books())
        self.awaiting = await load_awaiting(self.node.db, self.station.id)
        lost = await sent_before(self.node.db, self.station.id)
        number = 0 if self.shown is None else await self.node.numbers.rows.take()
        now = runtime.now()

        def fill(write: Write) -> None:
            if self.shown is not None:
                write_shown(write, self.station, self.shown, number, now)
            write_here(write, self.station, self.version, self.node.name, now)
            for id in lost:
                write_timed_out(write, id, self.identity, NO_ANSWER, now)

        await self.commit(fill)
        self.begun, self._busy = True, False
        await self._check_welcome()
        self._go_on()
        self.look()

    def _books(self) -> Books:
        """What it takes to fold again what a handler of an earlier process failed on."""
        node, put = self.node, self.node.writer(self.station.id).put
        return Books(self.version, self.state, node.db, node.numbers, node.settings, self.write, put)

    async def say_gone(self, code: int, reason: str) -> None:
        """Write down that the station is not connected any more, unless another session holds it."""
        now = runtime.now()

        def fill(write: Write) -> None:
            write_gone(write, self.seen_at)
            data = {"id": self.identity, "code": code, "reason": reason}
            write.emit(feed_event(self.station, "station.disconnected", data, now))

        try:
            await self.commit(fill)
        except Stale:
            pass

    def end(self, code: int, reason: str) -> None:
        """Close the socket; nothing more is answered."""
        self._die()
        self._read_on()
        if self.transport is not None:
            self.transport.close(code, reason)

    def _die(self) -> None:
        self.dead = True
        self._queue.clear()
        self._wake()
        if (lost := self.peer.close()) is not None:
            self._resolve(lost, None)

    def changed_elsewhere(self) -> None:
        """Somebody rang: rows of the station, or its commands, were changed."""
        self._reload = True
        self._go_on()
        self.look()

    def look(self) -> None:
        """Is there a command for the station?"""
        self.asked = True
        if self.begun and not self.working and not self.dead:
            self.working = True
            self.hub.spawn(asking.drain(self), "commands")

    def tick(self, now: float) -> None:
        """Once a second: has our call waited too long?"""
        if (late := self.peer.tick(now)) is not None:
            self._resolve(late, None)

    # ------------------------------------------------------------------ the station's calls

    def _enqueue(self, message: rpc.Call | rpc.Send, data: bytes) -> None:
        self._queue.append((message, data))
        if len(self._queue) > MOST_QUEUED:
            return self.end(POLICY, "more calls in flight than any station needs")
        enough = len(self._queue) >= MOST_WAITING or len(data) > BIG
        if enough and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()
        self._go_on()

    def _go_on(self) -> None:
        if (self._queue or self._reload) and not self._busy and not self.dead:
            self._busy = True
            self.hub.spawn(self._work(), "session")

    async def _work(self) -> None:
        """Handle what is queued, then be idle again."""
        try:
            while (self._queue or self._reload) and not self.dead:
                if self._reload and not await self._refresh():
                    raise Stale(self.identity)
                if self._queue:
                    message, data = self._queue.pop(0)
                    await self._handle(message, data.decode())
                    self._read_on()
        except Stale:
            self.end(REPLACED, "another session holds this station now")
        except DatabaseGone as error:
            self.end(TRY_LATER, "the CSMS cannot store anything now, come back")
            runtime.log.error("database gone", station=self.identity, error=str(error))
        except Exception as error:
            self.end(INTERNAL, "internal error")
            runtime.log.exception("session failed", station=self.identity, error=repr(error))
        finally:
            self._busy = False
        self._go_on()

    def _read_on(self) -> None:
        if self._paused and len(self._queue) <= MOST_WAITING // 2 and self.transport is not None:
            self._paused = False
            self.transport.resume_reading()

    async def _handle(self, message: rpc.Call | rpc.Send, frame: str) -> None:
        while True:
            held = self.claim
            try:
                await dispatch.handle(self, message, frame)
                break
            except Stale:
                # somebody changed the station's rows in this moment: with what is true now, once more
                if not await self._refresh() or self.claim == held or self.dead:
                    raise
        self._note_seen()
        if message.action.removesuffix(SUFFIX) == "BootNotification":
            self.look()  # there may be commands that waited for this

    async def _refresh(self) -> bool:
        """Read again what others may have changed; False when the station is no longer ours. Only `_work` comes here:
        state and claim change together, between two messages."""
        while True:
            self._reload = False
            claim = await self.hub.held(self)
            if claim is None:
                return False
            state = admitted(await load_state(self.node.db, self.station.id), self.state)
            if not self._reload:
                break
        self.claim, self.state = claim, state
        self._wake()
        await self._check_welcome()
        return True

    async def fresh(self) -> None:
        """Wait until what others changed has been read."""
        while self._reload and not self.dead:
            if self._refreshed is None:
                self._refreshed = asyncio.get_running_loop().create_future()
            self._go_on()
            await self._refreshed

    def _wake(self) -> None:
        refreshed, self._refreshed = self._refreshed, None
        if refreshed is not None and not refreshed.done():
            refreshed.set_result(None)

    async def _check_welcome(self) -> None:
        if (reason := await unwelcome(self.station, self.state, self.node.db)) is not None:
            self.end(POLICY, reason)

    # ------------------------------------------------------------------ for dispatch and asking

    def write(self, claim: Claim | None = None) -> Write:
        """An empty write in this session's right."""
        epoch, generation = claim or self.claim or Claim(-1, -1)
        return Write(self.station.tenant_id, self.station.id, epoch, generation)

    def send(self, frame: bytes, action: str, result: str = "ok") -> None:
        """Answer a call."""
        self.node.counts.answered[action, result] += 1
        self.transmit(frame)

    def transmit(self, frame: bytes) -> None:
        if not self.dead and self.transport is not None:
            self.transport.send(frame)

    def entitle(self, action: str, requested_message: str | None) -> None:
        """Our call lets the station send its answer to it, accepted or not."""
        self.entitled |= entitles(action, requested_message)

    async def commit(self, fill: Callable[[Write], None], only: Claim | None = None) -> None:
        """Store what `fill` puts into a write of this session. Where somebody changed the station's rows meanwhile it
        is tried again, unless it must be stored `only` under a claim of before: then Changed is raised. Raises Stale
        when the station is no longer ours."""
        claim = only or self.claim
        while True:
            write = self.write(claim)
            fill(write)
            try:
                return await self.node.writer(write.station_id).put(write)
            except Stale:
                newer = await self.hub.held(self)
                if newer is None or newer == claim:
                    raise
            self._reload = True
            self._go_on()
            if only is not None:
                raise Changed
            claim = newer  # not the session's own one: that goes with the state that is yet to be read

    def happened(self, happenings: list[Happening], written: list[Awaiting], now: int) -> None:
        """This has just been committed. Commands it confirms are waited for no longer; one that began to wait while
        the commit ran is confirmed now."""
        if self.recent is not None:
            self.recent += happenings
        if not happenings or not self.awaiting:
            return
        met = lives.confirmed_by(self.awaiting, happenings, now)
        self.awaiting = [one for one in self.awaiting if one not in met and one.until >= now]
        if late := [one for one in met if one not in written]:
            self.hub.spawn(self._confirm(late, now), "confirmed")

    async def _confirm(self, met: list[Awaiting], now: int) -> None:
        def fill(write: Write) -> None:
            for one in met:
                write_confirmed(write, one, self.identity, now)

        try:
            await self.commit(fill)
        except Stale:
            pass

    def observe(self, request: Any, now: int) -> None:
        """Learn the station's clock from a message that it dated and did not queue."""
        said = getattr(request, "timestamp", None)
        if isinstance(said, datetime) and not getattr(request, "offline", False):
            self.skew = observed(self.skew, runtime.from_datetime(said), now)

    def _note_seen(self) -> None:
        if self.seen_at - self._seen_written > SEEN_EVERY:
            self._seen_written = self.seen_at
            skew = self.skew.us if self.skew else self.state.station.clock_skew_us
            self.node.lazy.execute(SEEN, station=self.station.id, at=self.seen_at, skew=skew)

    def log_invalid(self, action: str | None, frame: str, answer: str | None, why: str, now: int) -> None:
        """Put a frame that was refused into the message log."""
        self.log("in", action, frame, answer, now, runtime.now(), why)

    def log(
        self, direction: str, action: str | None, frame: str, answer: str | None, at: int, answered_at: int,
        invalid: str | None,
    ) -> None:  # fmt: skip
        """Put a frame and its answer into the message log; nobody waits for it."""
        self.hub.journal.message(self.station, direction, action, frame, answer, at, answered_at, invalid)

    # ------------------------------------------------------------------ the rest of the wire

    def _bad(self, data: bytes, reply: bytes | None, reason: str) -> None:
        self.node.counts.unreadable += 1
        shown = data.decode(errors="replace").replace("\0", "\\u0000")[:65_536]
        self.log_invalid(None, shown, reply.decode() if reply else None, reason, self.seen_at)
        if reply is not None:
            self.transmit(reply)

    def _resolve(self, event: rpc.Answer | rpc.TimedOut, data: bytes | None) -> None:
        """Our open call has ended."""
        answer, self.open_answer = self.open_answer, None
        if answer is not None and not answer.done():
            answer.set_result((event, data))
