"""Counts of the whole fleet, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update

from ohmstead.store import figures
from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates, commands, forwarding_links, stations
from tests.store.conftest import add_stations

pytestmark = pytest.mark.anyio
NOW, DAY = 1_764_000_000_000_000, 86_400_000_000


def values(table, given):
    """A row of `table`: what is given, and something for whatever must be there."""
    row = dict(given)
    for column in table.columns:
        if column.name not in row and not column.nullable and column.server_default is None:
            row[column.name] = 1 if column.type.python_type is int else "x"
    return row


async def put(db: Db, table, *rows):
    async with db.transaction() as tx:
        for row in rows:
            await tx.execute(Statement(insert(table).values(values(table, row))))


async def test_nothing_is_counted_as_nothing(db: Db) -> None:
    assert await figures.open_commands(db) == {"queued": 0, "sent": 0}
    assert await figures.expiring_certificates(db, NOW) == {"7d": 0, "30d": 0}


async def test_what_is_open_and_what_ends_soon(db: Db) -> None:
    await add_stations(db, 1, 2, 3)
    states = ("queued", "queued", "sent", "accepted", "timed_out")
    await put(db, commands, *({"id": f"c{n}", "station_id": 1, "state": state} for n, state in enumerate(states)))
    ends = ((1, 3), (1, 20), (2, 6), (3, 40), (2, -1))
    await put(
        db,
        certificates,
        *(
            {
                "id": n, "tenant_id": 1, "station_id": station, "use": "charging_station", "state": "seen",
                "serial_number": f"{n}", "sha256": f"{n}", "not_before": 0,
                "not_after": NOW + days * DAY, "revoked_at": None,
            }
            for n, (station, days) in enumerate(ends, 1)
        ),
    )  # fmt: skip
    assert await figures.open_commands(db) == {"queued": 2, "sent": 1}
    # station 1 has a newer one, station 3 has time, one has ended
    assert await figures.expiring_certificates(db, NOW) == {"7d": 1, "30d": 2}


async def test_lines_to_a_second_csms(db: Db) -> None:
    """By how they are now; a station that is away is away, whatever its line was."""
    assert await figures.forwarding_lines(db) == ({}, {"told": 0, "dropped": 0, "asked": 0, "refused": 0})
    await add_stations(db, 1, 2, 3)
    here = update(stations).where(stations.c.id < 3).values(connected_since=1)
    await db.store([], [(Statement(here), {})])
    counts = {"told": 5, "dropped": 1, "asked": 0, "refused": 2, "since": 1}
    states = ((1, "connected"), (2, "not_accepted"), (3, "connected"))
    await put(
        db, forwarding_links,
        *({"forwarding_id": 1, "station_id": n, "tenant_id": 1, "state": one, **counts} for n, one in states),
    )  # fmt: skip
    found = await figures.forwarding_lines(db)
    assert found[0] == {"connected": 1, "not_accepted": 1, "station_offline": 1}
    assert found[1] == {"told": 15, "dropped": 3, "asked": 0, "refused": 6}
