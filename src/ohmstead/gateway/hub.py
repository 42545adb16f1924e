"""The stations on this node: who holds which, who takes over from whom.

A station has one current session. A second, authenticated socket of the same station takes over with its first frame,
or at once when the old one leaves a ping of that moment unanswered; a silent second socket harms nobody. Taking over is
a claim: it waits for the old session's commit in flight, and after it the old session can write nothing more. An old
socket that dies later must not unregister the new one, so only the current session's end is an end.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from ohmstead import blocks, runtime
from ohmstead.gateway.node import Node
from ohmstead.gateway.session import INTERNAL, REPLACED, TRY_LATER, Session
from ohmstead.ocpp.versions import Version
from ohmstead.store.commands import WAITING
from ohmstead.store.db import Claim, DatabaseGone
from ohmstead.store.sessions import CONNECTED, DISCONNECTED, STATION_TOPIC, Station

ANSWER_WITHIN = 5.0
"""Seconds the old socket has to answer a ping before a silent new one takes over."""
LOOK_EVERY = 5
"""Ticks between two looks for queued commands: rings may get lost."""


class _Rival(NamedTuple):
    """A new socket that waits for the old one's answer to a ping."""

    session: Session
    old: Session
    pongs: int
    deadline: float


class Hub:
    """All sessions of this process."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._current: dict[int, Session] = {}
        self._rivals: dict[Session, _Rival] = {}
        self._claims: list[tuple[Session, asyncio.Future[Claim]]] = []
        self._claiming = False
        self._ticks = 0
        self._leave_bus = node.db.bus.listen(STATION_TOPIC, self._rung)

    def session(self, station: Station, version: Version) -> Session:
        """A session for an admitted station; it joins when its socket is open."""
        return Session(self.node, self, station, version)

    @property
    def current(self) -> dict[int, Session]:
        """station number -> its session."""
        return self._current

    # ------------------------------------------------------------------ coming and going

    def join(self, session: Session) -> None:
        """A socket was opened."""
        old = self._current.get(session.station.id)
        if old is None or old.dead:
            self._take(session)
            return
        self._rivals[session] = _Rival(session, old, old.pongs, runtime.monotonic() + ANSWER_WITHIN)
        if old.transport is not None:
            old.transport.ping()

    def spoke(self, session: Session) -> None:
        """A frame came; from a socket that waited, it is the sign to take over."""
        if self._rivals and self._rivals.pop(session, None) is not None:
            self._take(session)

    def leave(self, session: Session, code: int, reason: str) -> None:
        """A socket is gone. Only the current session's end means that the station is gone."""
        self._rivals.pop(session, None)
        if self._current.get(session.station.id) is not session:
            return
        del self._current[session.station.id]
        if session.claim is not None:
            write, now = session.write(), runtime.now()
            write.execute(DISCONNECTED, station=session.station.id, at=session.seen_at)
            data = {"id": session.identity, "code": code, "reason": reason}
            write.emit(blocks.feed_event(session.station, "station.disconnected", data, now))
            self.node.put(write)

    def _take(self, session: Session) -> None:
        old = self._current.get(session.station.id)
        self._current[session.station.id] = session
        if old is not None and not old.dead:
            old.end(REPLACED, "another socket of this station took over")
        runtime.spawn(self._begin(session), "session-begin")

    async def _begin(self, session: Session) -> None:
        try:
            claim = await self._claim(session)
            if claim.epoch < 0 or self._current.get(session.station.id) is not session:
                return session.end(REPLACED, "another session holds this station now")
            await session.begin(claim)
        except DatabaseGone:
            return session.end(TRY_LATER, "the CSMS cannot read what it knows of this station, come back")
        except Exception as error:
            runtime.log.exception("session did not begin", station=session.identity, error=repr(error))
            return session.end(INTERNAL, "internal error")
        write, now = session.write(), runtime.now()
        write.execute(CONNECTED, station=session.station.id, at=now, node=self.node.name, version=session.version.name)
        data = {"id": session.identity, "ocpp_version": session.version.name}
        write.emit(blocks.feed_event(session.station, "station.connected", data, now))
        self.node.put(write)

    # ------------------------------------------------------------------ claims, many at once

    async def _claim(self, session: Session) -> Claim:
        """A returning fleet claims in batches: whatever asked while the last batch ran."""
        future: asyncio.Future[Claim] = asyncio.get_running_loop().create_future()
        self._claims.append((session, future))
        if not self._claiming:
            self._claiming = True
            runtime.spawn(self._claim_all(), "claims")
        return await future

    async def _claim_all(self) -> None:
        while self._claims:
            asked, self._claims = self._claims, []
            try:
                claims = await self.node.db.claim([session.station.id for session, _ in asked])
            except Exception as error:
                for _, future in asked:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), claim in zip(asked, claims, strict=True):
                if not future.done():
                    future.set_result(claim)
        self._claiming = False

    async def still_ours(self, session: Session) -> Claim | None:
        """The session's claim as it stands now, with a newer generation; None when somebody else holds the station."""
        if self._current.get(session.station.id) is not session or session.claim is None:
            return None
        claim = await self.node.db.held(session.station.id)
        return claim if claim is not None and claim.epoch == session.claim.epoch else None

    # ------------------------------------------------------------------ the clock and the bus

    def tick(self) -> None:
        """Once a second: deadlines of calls, silent old sockets, commands whose ring was lost."""
        now = runtime.monotonic()
        for session in list(self._current.values()):
            session.tick(now)
        for rival in list(self._rivals.values()):
            if rival.old.dead or rival.deadline <= now:
                self._settle(rival)
        self._ticks += 1
        if self._ticks % LOOK_EVERY == 0:
            runtime.spawn(self._look(), "look-for-commands")

    def _settle(self, rival: _Rival) -> None:
        if rival.old.dead or rival.old.pongs == rival.pongs:
            del self._rivals[rival.session]
            self._take(rival.session)
        else:  # the old one lives: the new one goes on waiting for its own first frame
            self._rivals[rival.session] = rival._replace(deadline=float("inf"))

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

    def close(self) -> None:
        self._leave_bus()
