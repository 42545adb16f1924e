"""Stations to write for, a look into tables, and a wire to PostgreSQL that can be cut."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select

from ohmstead.store import writer
from ohmstead.store.db import Claim, Db, Event, Write
from ohmstead.store.statement import Append, Statement
from ohmstead.store.tables import messages, metadata, sessions, stations
from ohmstead.store.writer import Writer

MESSAGES = Append(messages)
NOW = 1_764_000_000_000_000

_STATION = Statement(
    insert(stations).values(
        tenant_id=bindparam("tenant"),
        id=bindparam("station"),
        identity=bindparam("name"),
        registration="accepted",
        security_profile=1,
        created_at=NOW,
    )
)
_SESSION = Statement(insert(sessions).values(tenant_id=bindparam("tenant"), station_id=bindparam("station")))


async def add_stations(db: Db, *numbers: int, tenant: int = 1) -> None:
    """Stations CS<number>, never connected."""
    async with db.transaction() as tx:
        for number in numbers:
            await tx.execute(_STATION, tenant=tenant, station=number, name=f"CS{number}")
            await tx.execute(_SESSION, tenant=tenant, station=number)


async def rows(db: Db, table: str, order: str | None = None) -> list[dict[str, Any]]:
    """All rows of a table."""
    columns = metadata.tables[table].columns
    names = [column.name for column in columns]
    statement = Statement(select(*columns).order_by(order or next(iter(columns))))
    return [dict(zip(names, row, strict=True)) for row in await db.fetch_many(statement)]


def write_for(station: int, claim: Claim, number: int | None = None, events: int = 0, tenant: int = 1) -> Write:
    """A write with a message of that number, and so many events."""
    write = Write(tenant, station, *claim)
    if number is not None:
        write.append(MESSAGES, message(number, station))
    for n in range(events):
        write.emit(Event(tenant, "test", f"CS{station}", NOW, f'"{number}-{n}"'))
    return write


def message(number: int, station: int = 1, at: int = NOW, **fields: Any) -> tuple[Any, ...]:
    """A row of the message log."""
    row = {"direction": "in", "action": None, "request": "[]", "answer": None, "answered_at": None, "invalid": None}
    return (number, 1, station, at, *(row | fields).values())


async def until(condition: Callable[[], Any]) -> None:
    """Wait for what another process or thread does; `condition` may be a coroutine function."""
    async with asyncio.timeout(20):
        while True:
            found = condition()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.01)


class Store:
    """What the tests of the store need at hand; conftest modules cannot be imported."""

    add_stations = staticmethod(add_stations)
    rows = staticmethod(rows)
    write_for = staticmethod(write_for)
    message = staticmethod(message)
    until = staticmethod(until)
    MESSAGES = MESSAGES
    NOW = NOW

    @staticmethod
    async def feed(db: Db, many: int, tenant: int = 1) -> list[dict[str, Any]]:
        """The feed of a tenant as soon as it holds that many events."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            found[:] = [row for row in await rows(db, "feed", "sequence") if row["tenant_id"] == tenant]
            return len(found) >= many

        await until(there)
        return found


@pytest.fixture
def store() -> type[Store]:
    return Store


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer tries again soon."""
    monkeypatch.setattr(writer, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(writer, "LONGEST_WAIT", 0.02)


@pytest.fixture
async def writers(impatient: None, anyio_backend: str) -> AsyncIterator[Callable[..., Writer]]:
    """Makes started writers; they are closed before their database is."""
    made: list[Writer] = []

    def make(db: Db, lane: int = 0) -> Writer:
        one = Writer(db, lane)
        one.start()
        made.append(one)
        return one

    yield make
    for one in made:
        await one.close()


class Wire:
    """A unix socket before PostgreSQL's that can be cut, also in the middle of a COMMIT."""

    COMMIT = b"COMMIT;\x00"

    def __init__(self, folder: Path, server: Path, url: str) -> None:
        self.url = url.replace(f"host={server}", f"host={folder}")
        self._server, self._folder = server, folder
        self._open: set[asyncio.StreamWriter] = set()
        self.up = True
        self.at_commit: str | None = None
        """What happens to the next COMMIT: `lost` on the way, `unheard` by us, or in `limbo` until `release`."""
        self.cut_off = asyncio.Event()
        self.release = asyncio.Event()
        self._committed = asyncio.Event()

    async def start(self) -> None:
        self._listener = await asyncio.start_unix_server(self._accept, self._folder / ".s.PGSQL.5432")

    async def close(self) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break all connections and take no new ones."""
        self.up = False
        for end in list(self._open):
            end.transport.abort()

    def mend(self) -> None:
        self.up = True

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if not self.up:
            back.transport.abort()
            return
        far, forth = await asyncio.open_unix_connection(self._server / ".s.PGSQL.5432")
        self._open |= {back, forth}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(near, forth, back))
                group.create_task(self._pump(far, back))
        except* (OSError, EOFError):
            pass
        finally:
            for end in (back, forth):
                self._open.discard(end)
                end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *back: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if back and self.at_commit and self.COMMIT in data:
                await self._break(self.at_commit, data, to, *back)
            if b"COMMIT\x00" in data:
                self._committed.set()
            to.write(data)
            with suppress(OSError):
                await to.drain()
        raise EOFError

    async def _break(self, how: str, data: bytes, forth: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
        self.at_commit = None
        back.transport.abort()
        self.cut_off.set()
        if how == "limbo":
            await self.release.wait()
        if how != "lost":
            self._committed.clear()
            forth.write(data)
            await self._committed.wait()
        raise EOFError


@pytest.fixture
async def wire(postgres_url: str, postgres_cluster: Any, anyio_backend: str) -> AsyncIterator[Wire]:
    folder = Path(tempfile.mkdtemp(prefix="w", dir=postgres_cluster.folder))
    one = Wire(folder, postgres_cluster.folder, postgres_url)
    await one.start()
    yield one
    await one.close()
    shutil.rmtree(folder)
