"""After a start no station is connected to this node."""

from __future__ import annotations

import pytest

from ohmstead.store.fleet import forget_connections
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
