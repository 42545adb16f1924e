"""One connected station: its socket, its conversation, its state in memory.

The station's calls are handled one at a time, each with its commit, in the order they came; our calls to it run beside
them and neither waits for the other. A session has no task while it is idle.

    waiting -> (claims its station) -> current -> closed

A session whose station is still held by a living socket waits; its first frame, or the other's silence, makes it claim.
What a session remembers is replaced only after the commit that makes it true. Stale or failed means gone: it closes its
socket and dies with its state.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ohmstead import runtime
from ohmstead.domain import commands as lives
from ohmstead.domain.commands import Awaiting, Happening
from ohmstead.domain.station import Skew, entitles, observed
from ohmstead.gateway import asking, dispatch
from ohmstead.gateway.node import Node
from ohmstead.gateway.transport import Transport
from ohmstead.ocpp import rpc
from ohmstead.ocpp.versions import Version
from ohmstead.store import ledger
from ohmstead.store.commands import write_confirmed
from ohmstead.store.db import Claim, DatabaseGone, Stale, Write
from ohmstead.store.sessions import SEEN, State, Station, load_awaiting, load_state

if TYPE_CHECKING:
    from ohmstead.gateway.hub import Hub

MOST_QUEUED = 64
"""Calls a station may have in flight. OCPP allows one; stations that send several exist, floods are cut."""
SEEN_EVERY = 60_000_000
"""Microseconds between two writes of last_seen_at."""
GOING_AWAY, POLICY, INTERNAL, TRY_LATER = 1001, 1008, 1011, 1013
REPLACED = 4000
"""A newer socket of the same station took over (an own close code, RFC 6455 7.4.2)."""


class Session:
    """`Receiver` of one socket."""

    __slots__ = (
        "_busy", "_queue", "_reload", "_seen_written", "awaiting", "claim", "dead", "entitled", "hub", "node",
        "open_answer", "peer", "pongs", "recent", "seen_at", "skew", "state", "station", "transport", "version",
        "working",
    )  # fmt: skip

    def __init__(self, node: Node, hub: Hub, station: Station, version: Version) -> None:
        self.node, self.hub, self.station, self.version = node, hub, station, version
        self.peer = rpc.Peer(version, node.settings.stations.call_timeout)
        self.transport: Transport | None = None
        self.claim: Claim | None = None
        self.state: State = State(station=station, connectors={}, transactions={})
        self.awaiting: list[Awaiting] = []
        self.recent: list[Happening] | None = None
        """What happened while a command of ours is on the wire: it may be confirmed before it is answered."""
        self.entitled: frozenset[str] = frozenset()
        """Actions that our calls allow the station before it is accepted."""
        self.open_answer: Any = None
        self.working = False
        """A command is being put to the station."""
        self.skew: Skew | None = None
        self.seen_at = runtime.now()
        self.pongs = 0
        self.dead = False
        self._seen_written = 0
        self._queue: deque[tuple[rpc.Call | rpc.Send, bytes]] = deque()
        self._busy = True  # until the claim
        self._reload = False

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
        self.seen_at = runtime.now()
        self.hub.spoke(self)
        event = self.peer.receive(data, runtime.monotonic())
        if isinstance(event, rpc.Call | rpc.Send):
            self._enqueue(event, data)
        elif isinstance(event, rpc.Answer):
            self._resolve(event, data)
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
        self.dead = True
        if (lost := self.peer.close()) is not None:
            self._resolve(lost, None)
        self.hub.leave(self, code, reason)

    # ------------------------------------------------------------------ its life

    async def begin(self, claim: Claim) -> None:
        """Load what is known of the station, then serve what has queued."""
        self.claim = claim
        self.state = await load_state(self.node.db, self.station.id)
        self.awaiting = await load_awaiting(self.node.db, self.station.id)
        await asking.give_up_lost(self)
        self._busy = False
        self._go_on()
        self.look()

    def end(self, code: int, reason: str) -> None:
        """Close the socket; nothing more is answered."""
        self.dead = True
        if self.transport is not None:
            self.transport.close(code, reason)

    def changed_elsewhere(self) -> None:
        """Somebody rang: rows of the station, or its commands, were changed."""
        self._reload = True
        self._go_on()
        self.look()

    def look(self) -> None:
        """Is there a command for the station?"""
        if not self.working and not self.dead and self.claim is not None:
            self.working = True
            runtime.spawn(asking.drain(self), "commands")

    def tick(self, now: float) -> None:
        """Once a second: has our call waited too long?"""
        if (late := self.peer.tick(now)) is not None:
            self._resolve(late, None)

    # ------------------------------------------------------------------ the station's calls

    def _enqueue(self, message: rpc.Call | rpc.Send, data: bytes) -> None:
        if len(self._queue) >= MOST_QUEUED:
            return self.end(POLICY, "more calls in flight than any station needs")
        self._queue.append((message, data))
        self._go_on()

    def _go_on(self) -> None:
        if (self._queue or self._reload) and not self._busy and not self.dead:
            self._busy = True
            runtime.spawn(self._work(), "session")

    async def _work(self) -> None:
        """Handle what is queued, then be idle again."""
        try:
            while (self._queue or self._reload) and not self.dead:
                if self._reload and not await self._refresh():
                    raise Stale(self.identity)
                if self._queue:
                    message, data = self._queue.popleft()
                    if isinstance(message, rpc.Call):
                        await self._handle(message, data.decode())
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

    async def _handle(self, message: rpc.Call, frame: str) -> None:
        try:
            await dispatch.handle(self, message, frame)
        except Stale:
            # somebody changed the station's rows in this moment: with what is true now, once more
            if not await self._refresh():
                raise
            await dispatch.handle(self, message, frame)
        self._note_seen()

    async def _refresh(self) -> bool:
        """Read again what others may have changed; False when the station is no longer ours."""
        self._reload = False
        claim = await self.hub.still_ours(self)
        if claim is None:
            return False
        self.claim = claim
        self.state = await load_state(self.node.db, self.station.id)
        return True

    # ------------------------------------------------------------------ for dispatch and asking

    def write(self) -> Write:
        """An empty write in this session's right."""
        epoch, generation = self.claim or Claim(-1, -1)
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

    async def commit(self, fill: Callable[[Write], None]) -> None:
        """Store what `fill` puts into a write of this session; once more where the station's rows were changed in that
        moment. Raises Stale when the station is no longer ours."""
        write = self.write()
        fill(write)
        try:
            await self.node.writer(write.station_id).put(write)
        except Stale:
            claim = await self.hub.still_ours(self)
            if claim is None or claim == self.claim:
                raise
            self.claim = claim
            self._reload = True
            write = self.write()
            fill(write)
            await self.node.writer(write.station_id).put(write)
            self._go_on()

    def happened(self, happenings: list[Happening], written: list[Awaiting], now: int) -> None:
        """This has just been committed. Commands it confirms are waited for no longer; one that began to wait while
        the commit ran is confirmed now."""
        if self.recent is not None:
            self.recent += happenings
        if not happenings or not self.awaiting:
            return
        met = lives.confirmed_by(self.awaiting, happenings, now)
        self.awaiting = [one for one in self.awaiting if one not in met and one.until >= now]
        for one in met:
            if one not in written:
                write = self.write()
                write_confirmed(write, one, self.identity, now)
                self.node.put(write)

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
        runtime.spawn(self._log_invalid(action, frame, answer, why, now), "log")

    async def _log_invalid(self, action: str | None, frame: str, answer: str | None, why: str, now: int) -> None:
        number = await self.node.numbers.frames.take()
        station = self.station
        row = (number, station.tenant_id, station.id, now, "in", action, frame, answer, runtime.now(), why[:500])
        self.node.lazy.append(ledger.MESSAGES, row)

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
