"""Findings: one row for each station, action and code, with a count."""

from __future__ import annotations

import pytest

from ohmstead.store.findings import FOUND, finding_row
from ohmstead.store.sessions import find_station

pytestmark = pytest.mark.anyio


async def test_repeats_are_counted(db, store):
    await store.add_stations(db, 1)
    station = await find_station(db, 1, "CS1")
    given = [
        ("Heartbeat", "null_field", "one", 5),
        ("Heartbeat", "null_field", "x" * 900, 6),
        ("Boot", "null_field", "y", 7),
    ]
    await db.store([], [(FOUND, finding_row(station, *one)) for one in given])
    await db.store([], [(FOUND, finding_row(station, "Heartbeat", "null_field", "last", 9))])
    rows = {row["action"]: row for row in await store.rows(db, "findings", "action")}
    assert (rows["Heartbeat"]["count"], rows["Heartbeat"]["first_at"], rows["Heartbeat"]["last_at"]) == (3, 5, 9)
    assert rows["Heartbeat"]["text"] == "last"
    assert rows["Boot"]["count"] == 1
    assert len(finding_row(station, "a", "c", "x" * 900, 1)["text"]) == 500
