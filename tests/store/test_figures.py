"""Counts of the whole fleet, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from ohmstead.store import figures
from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import certificates, commands
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
