"""All stations of this gateway that are told to a second CSMS.

The gateway says which stations are here and what they said; which of them is told to whom is looked up when a
forwarding changes, and every half minute. Nothing of this is awaited by a session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import msgspec
from msgspec import Raw

from ohmstead import runtime
from ohmstead.bus.local import Bell
from ohmstead.domain.forwarding import Ids, Outbox, Room
from ohmstead.ocpp import schemas
from ohmstead.outbound.lines import Address, Dial, Line, dialler
from ohmstead.outbound.mirror import Figures, Here, Mirror, Refusal
from ohmstead.settings import Settings
from ohmstead.store import commands as queue
from ohmstead.store import forwardings, secrets
from ohmstead.store.commands import COMMAND_TOPIC
from ohmstead.store.db import Db
from ohmstead.store.forwardings import Target
from ohmstead.store.ids import Ids as Numbers
from ohmstead.store.lazy import Lazy
from ohmstead.store.resources import audit, commands
from ohmstead.store.sessions import Passwords

LOOK_AGAIN = 30.0
LOOK_FOR_ANSWER = 2.0
DIALLED_AT_ONCE = 20
COMMAND_WITHIN = 60.0
"""Seconds in which a command of a second CSMS must have been answered by the station."""
OPEN = frozenset({"queued", "sent"})


class Session(Here, Protocol):
    """What is known of a session; it may have died."""

    dead: bool


class Store(NamedTuple):
    """Where it all lies."""

    db: Db
    lazy: Lazy
    numbers: Numbers
    passwords: Passwords
    key: bytes
    """Under which passwords are sealed."""


class _Books(NamedTuple):
    """Of one mirror."""

    store: Store
    target: Target
    station_id: int

    async def running(self) -> Ids:
        return await forwardings.running(self.store.db, self.target.id, self.station_id)

    def remember(self, ours: int, theirs: int) -> None:
        self.store.lazy.execute(
            forwardings.REMEMBER, forwarding_id=self.target.id, station_id=self.station_id, ours=ours,
            tenant_id=self.target.tenant_id, theirs=theirs,
        )  # fmt: skip

    def forget(self, ours: int) -> None:
        self.store.lazy.execute(forwardings.FORGET, forwarding=self.target.id, station=self.station_id, number=ours)

    def show(self, figures: Figures) -> None:
        self.store.lazy.execute(
            forwardings.LINK, forwarding_id=self.target.id, station_id=self.station_id,
            tenant_id=self.target.tenant_id, **figures._asdict(),
        )  # fmt: skip


class Mirrors:
    """`links` is station number -> its mirrors; nothing is there for a station that is told to nobody."""

    def __init__(self, store: Store, dial: Dial) -> None:
        self._store, self._dial_now = store, dial
        self.links: dict[int, list[Mirror]] = {}
        self._targets: dict[int, Target] = {}
        self._stamp: tuple[int, ...] = ()
        self._current: Mapping[int, Session] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialling = asyncio.Semaphore(DIALLED_AT_ONCE)
        self._room = Room()

    # ------------------------------------------------------------------ for the gateway

    def watch(self, current: Mapping[int, Session]) -> None:
        """The stations that are here, by their numbers; it changes by itself."""
        self._current = current

    def came(self, station_id: int) -> None:
        """A station is here, and its session has begun."""
        if self._targets:
            self._fit(station_id, self._current[station_id])

    def gone(self, station_id: int) -> None:
        for one in self.links.get(station_id, ()):
            one.leave()

    def told(self, station_id: int, action: str, payload: bytes, answer: bytes | None) -> None:
        """A station of `links` said this, and got that answer."""
        for one in self.links[station_id]:
            one.tell(action, payload, answer)

    # ------------------------------------------------------------------ who is told to whom

    async def run(self) -> None:
        """Keep up with what is declared, for ever."""
        with Bell(self._store.db.bus, forwardings.TOPIC) as bell:
            while True:
                try:
                    await self.look()
                except Exception as error:
                    runtime.log.warning("forwardings were not read", error=repr(error))
                await bell.wait(LOOK_AGAIN)

    async def look(self) -> None:
        """Read what changed; begin and end lines."""
        stamp = await forwardings.stamp(self._store.db)
        if stamp != self._stamp:
            self._targets = {one.id: one for one in await forwardings.targets(self._store.db)}
            self._stamp = stamp
        if self._targets or self.links:
            for station_id, session in list(self._current.items()):
                self._fit(station_id, session)
        for mirrors in self.links.values():
            for one in mirrors:
                one.show()

    def _fit(self, station_id: int, session: Session) -> None:
        """Let this station have the lines that it should, and no others."""
        if session.dead:
            return
        station = session.state.station
        wanted = {
            one.id: one
            for one in self._targets.values()
            if one.takes(station.tenant_id, station.identity, station.site_id)
        }
        for mirror in list(self.links.get(station_id, ())):
            target = wanted.get(mirror.target.id)
            if target == mirror.target and mirror.back(session):
                del wanted[mirror.target.id]
            else:
                self._end(station_id, mirror)
        for target in wanted.values():
            self._begin(station_id, session, target)

    def _begin(self, station_id: int, session: Session, target: Target) -> None:
        books = _Books(self._store, target, station_id)
        password = None if target.password is None else secrets.unseal(self._store.key, target.password)
        mirror = Mirror(target, session, Outbox(self._room), books, self._ask, self._dial, password)
        self.links.setdefault(station_id, []).append(mirror)
        task = runtime.spawn(mirror.run(), "forwarding")
        mirror.task = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(done, station_id, mirror))

    def _end(self, station_id: int, mirror: Mirror) -> None:
        self._forget(station_id, mirror)
        if mirror.task is not None:
            mirror.task.cancel()

    def _ended(self, task: asyncio.Task[None], station_id: int, mirror: Mirror) -> None:
        self._tasks.discard(task)
        self._forget(station_id, mirror)

    def _forget(self, station_id: int, mirror: Mirror) -> None:
        left = [one for one in self.links.get(station_id, ()) if one is not mirror]
        if left:
            self.links[station_id] = left
        else:
            self.links.pop(station_id, None)

    async def _dial(self, to: Address) -> Line:
        async with self._dialling:
            return await self._dial_now(to)

    async def close(self) -> None:
        """End all lines."""
        await runtime.end(*self._tasks)

    # ------------------------------------------------------------------ commands of a second CSMS

    async def _ask(self, here: Here, target: Target, action: str, payload: bytes) -> bytes:
        """A raw command in our queue, as anybody's; what the station answers. Raises Refusal."""
        _check(here, action, payload)
        station, now, id = here.state.station, runtime.now(), queue.new_id(runtime.now())
        body = msgspec.json.encode({"ocpp": {"action": action, "payload": Raw(payload)}}).decode()
        number = await self._store.numbers.take()
        with Bell(self._store.db.bus, COMMAND_TOPIC, id) as bell:
            async with self._store.db.transaction() as tx:
                await queue.add(
                    tx, id=id, tenant_id=station.tenant_id, station_id=station.id, identity=station.identity,
                    type="ocpp", body=self._store.passwords.closed(body), now=now,
                    expires_at=now + int(COMMAND_WITHIN * 1e6),
                )  # fmt: skip
                told = {"id": id, "action": action}
                actor = f"forwarding:{target.id}"
                await audit.add(tx, station.tenant_id, number, now, actor, "command.create", station.identity, told)
            deadline = runtime.monotonic() + COMMAND_WITHIN
            while True:
                row = await commands.find(self._store.db, station.tenant_id, None, id)
                if row is None or row["state"] not in OPEN or runtime.monotonic() > deadline:
                    return _answer(row)
                await bell.wait(LOOK_FOR_ANSWER)


def open_mirrors(
    settings: Settings, db: Db, lazy: Lazy, numbers: Numbers, passwords: Passwords, server_key: bytes
) -> Mirrors:
    """Those of a gateway, over real sockets."""
    store = Store(db, lazy, numbers, passwords, server_key)
    return Mirrors(store, dialler(settings.forwarding.allow_private))


def _check(here: Here, action: str, payload: bytes) -> None:
    """Raises Refusal for what the version does not have, or its schema does not take."""
    try:
        problems = schemas.problems(here.version, action, "request", msgspec.json.decode(payload))
    except schemas.UnknownMessage:
        raise Refusal("NotImplemented", f"OCPP {here.version.name} has no {action}.") from None
    if problems:
        raise Refusal("FormatViolation", f"{problems[0].pointer} {problems[0].message}"[:200])


def _answer(row: Mapping[str, object] | None) -> bytes:
    answer = None if row is None else row["answer"]
    if isinstance(answer, str):
        return answer.encode()
    error = None if row is None else row["error"]
    said: dict[str, str] = msgspec.json.decode(error) if isinstance(error, str) else {}
    why = said.get("description") or (row and row["reason"]) or "the station did not answer in time"
    raise Refusal(said.get("code", "GenericError"), str(why))
