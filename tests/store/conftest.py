"""Stations to write for, a look into tables, and a wire to PostgreSQL that can be cut."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
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


class Store:
    """What the tests of the store need at hand; conftest modules cannot be imported."""

    add_stations = staticmethod(add_stations)
    rows = staticmethod(rows)
    write_for = staticmethod(write_for)
    message = staticmethod(message)
    until: Callable[..., Any]
    MESSAGES = MESSAGES
    NOW = NOW

    @staticmethod
    async def feed(db: Db, many: int, tenant: int = 1) -> list[dict[str, Any]]:
        """The feed of a tenant as soon as it holds that many events."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            found[:] = [row for row in await rows(db, "feed", "sequence") if row["tenant_id"] == tenant]
            return len(found) >= many

        await Store.until(there)
        return found


@pytest.fixture
def store(until: Callable[..., Any]) -> type[Store]:
    Store.until = until
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
