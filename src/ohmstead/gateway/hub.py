"""The stations on this node: who holds which, who takes over from whom.

A station has one current session. A second, authenticated socket of the same station takes over with its first frame,
or when the old one is gone or leaves a ping of that moment unanswered; a silent second socket harms nobody, and there
is one at most. Taking over is a claim: it waits for the old session's commit in flight, and after it the old session
can write nothing more. An old socket that dies later must not unregister the new one, so only the current session's
end is an end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, NamedTuple

from msgspec import Raw

from ohmstead import runtime
from ohmstead.gateway import asking
from ohmstead.gateway.credentials import Shown
from ohmstead.gateway.journal import Journal
from ohmstead.gateway.node import INTERNAL, REPLACED, TRY_LATER, Node
from ohmstead.gateway.session import Session
from ohmstead.gateway.welcome import unexpected
from ohmstead.ocpp.versions import Version
from ohmstead.store.commands import WAITING
from ohmstead.store.db import Claim, DatabaseGone, Stale
from ohmstead.store.sessions import STATION_TOPIC, Station

ANSWER_WITHIN = 5.0
"""Seconds the old socket has to answer a ping before a silent new one takes over."""
LOOK_EVERY = 5
"""Ticks between two looks for queued commands: rings may get lost."""
LAST_WORDS = 10.0
"""Seconds that `close` waits for what ended sessions still have to store."""


class _Rival(NamedTuple):
    """A new socket that waits for the old one's answer to a ping."""

    session: Session
    pongs: int
    """Those of the old one when it was pinged."""
    deadline: float


class Hub:
    """All sessions of this process."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.journal = Journal(node, self.spawn)
        self._current: dict[int, Session] = {}
        self._rivals: dict[int, _Rival] = {}
        self._beginning: dict[Session, tuple[int, str] | None] = {}
        """Sessions on their way to begin; how those ended that did already."""
        self._boot_by: dict[Session, float] = {}
        """Sessions of stations that never booted -> when they are asked to."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._claims: list[tuple[Session, asyncio.Future[Claim]]] = []
        self._claiming = False
        self._ticks = 0
        self._leave_bus = node.db.bus.listen(STATION_TOPIC, self._rung)
        if node.mirrors is not None:
            node.mirrors.watch(self._current)

    def session(self, station: Station, version: Version, shown: Shown | None = None) -> Session:
        """A session for an admitted station; it joins when its socket is open."""
        return Session(self.node, self, station, version, shown)

    @property
    def current(self) -> dict[int, Session]:
        """station number -> its session."""
        return self._current

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Start work of a session; `close` waits for it."""
        task = runtime.spawn(work, name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ------------------------------------------------------------------ coming and going

    def join(self, session: Session) -> None:
        """A socket was opened."""
        key = session.station.id
        old = self._current.get(key)
        if (waiting := self._rivals.pop(key, None)) is not None:
            waiting.session.end(REPLACED, "another socket of this station came while this one was silent")
        if old is None or old.dead:
            return self._take(session)
        self._rivals[key] = _Rival(session, old.pongs, runtime.monotonic() + ANSWER_WITHIN)
        if old.transport is not None:
            old.transport.ping()

    def spoke(self, session: Session) -> None:
        """A frame came; from a socket that waited, it is the sign to take over."""
        if self._rivals and self._is_rival(session):
            del self._rivals[session.station.id]
            self._take(session)

    def leave(self, session: Session, code: int, reason: str) -> None:
        """A socket is gone. Only the current session's end means that the station is gone."""
        key = session.station.id
        if self._is_rival(session):
            del self._rivals[key]
        if self._current.get(key) is not session:
            return
        del self._current[key]
        if self.node.mirrors is not None:
            self.node.mirrors.gone(key)
        if (waiting := self._rivals.pop(key, None)) is not None:
            self._take(waiting.session)
        elif session in self._beginning:
            self._beginning[session] = (code, reason)
        elif session.claim is not None:
            self.spawn(session.say_gone(code, reason), "session-end")

    def _is_rival(self, session: Session) -> bool:
        rival = self._rivals.get(session.station.id)
        return rival is not None and rival.session is session

    def _take(self, session: Session) -> None:
        old = self._current.get(session.station.id)
        self._current[session.station.id] = session
        if old is not None:
            old.end(REPLACED, "another socket of this station took over")
        self._beginning[session] = None
        self.spawn(self._begin(session), "session-begin")

    async def _begin(self, session: Session) -> None:
        try:
            claim = await self._claim(session)
            if claim.epoch < 0:
                raise Stale(session.identity)
            session.claim = claim
            if self._current.get(session.station.id, session) is session:  # also if it has left: it had taken over
                await session.begin(claim)
                await self._tell_unexpected(session)
                self._mirror(session)
                if session.state.station.booted_at is None:
                    self._boot_by[session] = runtime.monotonic() + asking.FIRST_BOOT_WITHIN
        except Stale:
            session.end(REPLACED, "another session holds this station now")
        except DatabaseGone:
            session.end(TRY_LATER, "the CSMS cannot read what it knows of this station, come back")
        except Exception as error:
            runtime.log.exception("session did not begin", station=session.identity, error=repr(error))
            session.end(INTERNAL, "internal error")
        gone = self._beginning.pop(session)
        if gone is not None and session.claim is not None:
            await session.say_gone(*gone)

    def _mirror(self, session: Session) -> None:
        if self.node.mirrors is not None and self._current.get(session.station.id) is session:
            self.node.mirrors.came(session.station.id)

    def told(self, station_id: int, action: str, payload: Raw, answer: bytes | None) -> None:
        """A call was committed and answered (None: a SEND): others may know."""
        mirrors = self.node.mirrors
        if mirrors is not None and station_id in mirrors.links:
            mirrors.told(station_id, action, bytes(payload), answer)

    async def _tell_unexpected(self, session: Session) -> None:
        """Alert of a certificate by somebody else."""
        shown, node = session.shown, self.node
        if shown is not None and shown.is_unexpected and not session.dead:
            board = await unexpected(session.state.station, shown, node.db, node.numbers.rows.take)
            await session.commit(board.write)

    # ------------------------------------------------------------------ claims, many at once

    async def _claim(self, session: Session) -> Claim:
        """A returning fleet claims in batches: whatever asked while the last batch ran."""
        future: asyncio.Future[Claim] = asyncio.get_running_loop().create_future()
        self._claims.append((session, future))
        if not self._claiming:
            self._claiming = True
            self.spawn(self._claim_all(), "claims")
        return await future

    async def _claim_all(self) -> None:
        while self._claims:
            asked, self._claims = self._claims, []
            try:
                claims = await self.node.db.claim([session.station.id for session, _ in asked])
                for (_, future), claim in zip(asked, claims, strict=True):
                    if not future.done():
                        future.set_result(claim)
            except Exception as error:
                for _, future in asked:
                    if not future.done():
                        future.set_exception(error)
        self._claiming = False

    async def held(self, session: Session) -> Claim | None:
        """The session's claim as it stands now, maybe of a newer generation; None when somebody else has it."""
        if session.claim is None:
            return None
        claim = await self.node.db.held(session.station.id)
        return claim if claim is not None and claim.epoch == session.claim.epoch else None

    # ------------------------------------------------------------------ the clock and the bus

    async def run(self) -> None:
        """Tick for ever."""
        while True:
            await asyncio.sleep(1)
            try:
                self.tick()
            except Exception as error:
                runtime.log.exception("a tick failed", error=repr(error))

    def tick(self) -> None:
        """Once a second: deadlines of calls, silent old sockets, first boots, commands whose ring was lost."""
        now = runtime.monotonic()
        for session in list(self._current.values()):
            session.tick(now)
        for key, rival in list(self._rivals.items()):
            self._settle(key, rival, now)
        for session in [one for one, deadline in self._boot_by.items() if one.dead or deadline <= now]:
            del self._boot_by[session]
            if not session.dead:
                self.spawn(asking.ask_for_boot(session), "first-boot")
        self._ticks += 1
        if self._ticks % LOOK_EVERY == 0:
            self.spawn(self._look(), "look-for-commands")

    def _settle(self, key: int, rival: _Rival, now: float) -> None:
        old = self._current.get(key)
        if old is None or old.dead or (rival.deadline <= now and old.pongs == rival.pongs):
            del self._rivals[key]
            self._take(rival.session)
        elif rival.deadline <= now:  # the old one lives: the new one goes on waiting for its own first frame
            self._rivals[key] = rival._replace(deadline=float("inf"))

    async def _look(self) -> None:
        try:
            waiting: list[Any] = await self.node.db.fetch(WAITING)
        except DatabaseGone:
            return
        for (station_id,) in waiting:
            if (session := self._current.get(station_id)) is not None:
                session.look()

    def _rung(self, key: str) -> None:
        if (session := self._current.get(int(key))) is not None:
            session.changed_elsewhere()

    async def close(self) -> None:
        """No more rings; wait for what the sessions, whose sockets are gone, still have to store."""
        self._leave_bus()
        try:
            async with asyncio.timeout(LAST_WORDS):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        except TimeoutError:
            runtime.log.warning("sessions did not end", tasks=len(self._tasks))
