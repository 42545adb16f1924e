"""Conversations as scripts: what a station says, what we say, and what happens meanwhile. No sockets.

    await station.plays('''
        >> [2, "1", "Heartbeat", {}]
        << [3, "1", {"currentTime": "*"}]
        << [2, "$id", "ClearCache", {}]
        .. 31 s
        >> [3, "$id", {"status": "Accepted"}]
        << close 1008
        --
    ''')

`>>` the station says this text. `<<` next, we say this: "*" stands for anything, "$name" for a text that is the same in
the whole conversation. `..` time passes, and the gateway ticks. `--` and the end of a script: we say nothing more.

Behind it are the real session, hub, dispatch and writers on a real database; only the transport and the clock are not.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from textwrap import dedent
from typing import Any

from sqlalchemy import func, select

from ohmstead import blocks, runtime
from ohmstead.blocks import Numbers
from ohmstead.blocks.command import parse, type_of
from ohmstead.gateway.hub import Hub
from ohmstead.gateway.node import Node
from ohmstead.gateway.session import Session
from ohmstead.ocpp.signing import SigningKey
from ohmstead.ocpp.versions import V201, Version
from ohmstead.settings import Gateway, Settings
from ohmstead.settings import Stations as StationSettings
from ohmstead.store import commands, ids
from ohmstead.store.db import Db, Stale, Write
from ohmstead.store.lazy import Lazy
from ohmstead.store.resources import commands as read_commands
from ohmstead.store.resources import events as read_events
from ohmstead.store.resources import messages as read_messages
from ohmstead.store.resources import stations
from ohmstead.store.sessions import Passwords, find_station
from ohmstead.store.statement import Statement
from ohmstead.store.tables import outbox
from ohmstead.store.tables.meta import DEFAULT_TENANT
from ohmstead.store.writer import Writer

PATIENCE = 15.0
"""Seconds in which we must have said something; a test that waits so long fails."""
TENANT = DEFAULT_TENANT
UNNUMBERED = Statement(select(func.count()).select_from(outbox))
QUIET: dict[str, Any] = {"unasked_calls": (), "interval_spread": 0.0}
"""The CSMS makes no calls on its own, unless a test asks for them; all stations get the settings' interval."""
BOOT = {
    "v2": {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}},
    "v16": {"chargePointModel": "M", "chargePointVendor": "V"},
}


class Wire:
    """A `Transport` that leads nowhere: it keeps what it is told."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self.ending: tuple[int, str] | None = None
        self.alive = True
        """Whether it answers pings."""
        self.pings = 0
        self.reading = True

    def send(self, frame: bytes) -> None:
        assert self.ending is None, f"said after the end: {frame!r}"
        self.said.put_nowait(frame.decode())

    def close(self, code: int, reason: str) -> None:
        if self.ending is None:
            self.ending = (code, reason)
            self.said.put_nowait(f"close {code}")

    def abort(self) -> None:
        self.close(1006, "aborted")

    def ping(self) -> None:
        self.pings += 1
        if self.alive:
            self.session.pong()

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Talk:
    """One station on one socket."""

    def __init__(self, book: Playbook, session: Session) -> None:
        self.book, self.session = book, session
        self.wire = Wire(session)
        self.names: dict[str, str] = {}

    def says(self, message: Any) -> None:
        """The station says this, text as it stands."""
        text = message if isinstance(message, str) else json.dumps(message)
        self.session.text(text.encode())

    async def hears(self) -> Any:
        """The next thing that we say: a message, or "close CODE"."""
        text = await asyncio.wait_for(self.wire.said.get(), PATIENCE)
        return text if text.startswith("close ") else json.loads(text)

    async def calls(self, action: str, payload: Any) -> Any:
        """The station calls; the next thing that we say."""
        self.says([2, "call", action, payload])
        return await self.hears()

    async def boots(self) -> None:
        answer = await self.calls("BootNotification", BOOT[self.session.version.dialect])
        assert answer[0] == 3, answer

    async def hangs_up(self, code: int = 1006) -> None:
        """The socket is gone, whoever closed it; returns when that has been taken in."""
        self.session.closed(*(self.wire.ending or (code, "")))
        await self.book.quiet()

    async def plays(self, script: str) -> None:
        for line in dedent(script).strip().splitlines():
            sign, _, rest = line.strip().partition(" ")
            if sign == ">>":
                self.says(self._named(rest))
            elif sign == "<<":
                heard = await self.hears()
                wanted = rest.strip() if rest.startswith("close ") else json.loads(rest)
                assert self._fits(wanted, heard), f"{line}\nbut we said\n{json.dumps(heard)}"
            elif sign == "..":
                self.book.pass_time(float(rest.split(" ")[0]))
            else:
                assert sign == "--", line
                await self._nothing(line)
        await self._nothing("the end")

    async def _nothing(self, where: str) -> None:
        await self.book.quiet()
        assert self.wire.said.empty(), f"{where}, but we said {self.wire.said.get_nowait()}"

    def _named(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace(f'"{name}"', json.dumps(value))
        return text

    def _fits(self, wanted: Any, heard: Any) -> bool:
        if wanted == "*":
            return True
        if isinstance(wanted, str) and wanted.startswith("$"):
            return bool(self.names.setdefault(wanted, heard) == heard)
        if isinstance(wanted, list) and isinstance(heard, list) and len(wanted) == len(heard):
            return all(self._fits(*pair) for pair in zip(wanted, heard, strict=True))
        if isinstance(wanted, dict) and isinstance(heard, dict) and wanted.keys() == heard.keys():
            return all(self._fits(value, heard[key]) for key, value in wanted.items())
        return bool(wanted == heard)


class Playbook:
    """One gateway process without a door."""

    def __init__(self, node: Node, clock: runtime.FakeClock) -> None:
        self.node, self.clock, self.db = node, clock, node.db
        self.hub = Hub(node)
        self.talks: list[Talk] = []
        self._numbers = iter(range(1, 1 << 30))

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.hub.tick()

    async def quiet(self) -> None:
        """Let everything happen that can happen without the station."""
        calm = 0
        async with asyncio.timeout(PATIENCE):
            while calm < 2:  # what begins to wait for a station is still being written when it is first seen
                calm = 0 if await self._pending() else calm + 1
        await self.node.lazy.flush()

    async def _pending(self) -> bool:
        """Whether work of sessions goes on, apart from calls that wait for a station's answer."""
        for writer in self.node.writers:
            try:
                await writer.put(Write(TENANT, 0, -1, -1))  # a lane keeps its order: what came before is stored
            except Stale:
                pass
        waiting = sum(talk.session.open_answer is not None for talk in self.talks)
        return len(self.hub._tasks) > waiting

    # ---- what an operator does, as the API would

    async def add_station(self, identity: str = "CS1", **fields: Any) -> None:
        await self.add_stations([identity], **fields)

    async def add_stations(self, identities: Iterable[str], **fields: Any) -> None:
        row = {"registration": "accepted", "security_profile": 1, "certificate_cn": "serial_number", **fields}
        async with self.db.transaction() as tx:
            for identity in identities:
                number = next(self._numbers)
                assert await stations.add(tx, TENANT, number, runtime.now(), identity=identity, **row)

    async def change_station(self, identity: str = "CS1", **values: Any) -> None:
        row = await self.row(identity)
        async with self.db.transaction() as tx:
            assert await stations.change(tx, TENANT, row["id"], row["version"], values)

    async def row(self, identity: str = "CS1") -> dict[str, Any]:
        found = await stations.find(self.db, TENANT, None, identity)
        assert found is not None
        return found

    async def ask(self, body: dict[str, Any], identity: str = "CS1", expires_in: float = 300) -> str:
        """Queue a command; its id."""
        id, now = f"cmd{next(self._numbers):09}", runtime.now()
        row = await self.row(identity)
        text = json.dumps(body)
        async with self.db.transaction() as tx:
            await commands.add(
                tx, id=id, tenant_id=TENANT, station_id=row["id"], identity=identity, type=type_of(parse(text)),
                body=text, now=now, expires_at=now + int(expires_in * 1e6),
            )  # fmt: skip
        return id

    async def cancel(self, id: str) -> bool:
        found = await read_commands.find(self.db, TENANT, None, id)
        assert found is not None
        async with self.db.transaction() as tx:
            return await read_commands.cancel(tx, TENANT, found, runtime.now())

    # ---- what can be read afterwards

    async def command(self, id: str) -> dict[str, Any]:
        found = await read_commands.find(self.db, TENANT, None, id)
        assert found is not None
        return found

    async def feed(self) -> list[str]:
        """Types of all events, in their order."""
        await self.quiet()
        async with asyncio.timeout(PATIENCE):
            while (await self.db.fetch(UNNUMBERED))[0][0]:  # noqa: ASYNC110  (PostgreSQL's clerk comes every 50 ms)
                await asyncio.sleep(0.01)
        rows = await read_events.after(self.db, TENANT, None, 0, 1000)
        return [row["type"].removeprefix("ohmstead.") for row in rows]

    async def messages(self) -> list[dict[str, Any]]:
        """The message log, oldest first."""
        await self.quiet()
        found = await read_messages.page(self.db, TENANT, None, limit=1000, cursor=None, invalid=None)
        return found.rows[::-1]

    # ---- stations

    async def connect(self, identity: str = "CS1", version: Version = V201, begin: bool = True) -> Talk:
        """A station comes in by the door."""
        station = await find_station(self.db, TENANT, identity)
        assert station is not None
        talk = Talk(self, self.hub.session(station, version))
        self.talks.append(talk)
        talk.session.opened(talk.wire)
        if begin:
            await self.quiet()
        return talk


@asynccontextmanager
async def playing(
    db: Db,
    gateway: dict[str, Any] | None = None,
    clock: runtime.FakeClock | None = None,
    signing_key: SigningKey | None = None,
    **stations: Any,
) -> AsyncIterator[Playbook]:
    """A gateway on `db`, which belongs to the caller; `gateway` and `stations` are settings. Its clock stands still."""
    blocks.discover()
    clock, before = clock or runtime.FakeClock(), runtime.clock
    runtime.clock = clock
    settings = Settings(gateway=Gateway(**(gateway or {})), stations=StationSettings(**(QUIET | stations)))
    numbers = Numbers(*(ids.Ids(db, name) for name in (ids.FRAMES, ids.TRANSACTIONS, ids.TRANSACTIONS_16, ids.ROWS)))
    writers, lazy = (Writer(db, 0),), Lazy(db)
    node = Node("node", settings, db, writers, lazy, numbers, Passwords(b"k" * 32), signing_key)
    writers[0].start()
    book = Playbook(node, clock)
    try:
        yield book
    finally:
        for session in list(book.hub.current.values()):
            session.closed(1001, "the test is over")
        await book.hub.close()
        await writers[0].close()
        runtime.clock = before
