"""Stations whose gateway process is dead are not connected."""

from __future__ import annotations

import pytest

from ohmstead.store.fleet import SIGN_OF_LIFE, bury_dead, forget_connections, leave, show_life
from ohmstead.store.sessions import CONNECTED

pytestmark = pytest.mark.anyio


async def test_connections_of_a_dead_process_are_forgotten(db, store):
    await store.add_stations(db, 1, 2)
    for station, node in ((1, "dead"), (2, "alive")):
        await db.store([], [(CONNECTED, {"station": station, "at": 5, "node": node, "version": "1.6"})])
    await forget_connections(db, "dead")
    assert [(row["connected_since"], row["node"]) for row in await store.rows(db, "stations")] == [
        (None, None), (5, "alive"),
    ]  # fmt: skip


async def test_who_shows_no_life_is_buried_once(db, store):
    await store.add_stations(db, 1, 2, 3)
    for station, node in ((1, "dead"), (2, "alive"), (3, "ended")):
        assert not await show_life(db, node, store.NOW)
        await db.store([], [(CONNECTED, {"station": station, "at": 5, "node": node, "version": "1.6"})])
    await leave(db, "ended")
    later = store.NOW + SIGN_OF_LIFE
    assert await bury_dead(db, later) == 0
    assert await show_life(db, "alive", later)
    assert await bury_dead(db, later + 1) == 1
    assert await bury_dead(db, later + 1) == 0
    assert [row["node"] for row in await store.rows(db, "stations")] == [None, "alive", "ended"]
    (told,) = await store.feed(db, 1)
    assert (told["type"], told["subject"]) == ("ohmstead.station.disconnected", "CS1")
    assert not await show_life(db, "dead", later + 2), "it lives after all, and hears that it was taken for dead"
    assert await show_life(db, "dead", later + 3)
