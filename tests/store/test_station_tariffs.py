"""The default tariffs of stations, on both databases."""

from __future__ import annotations

import pytest

from ohmstead.store.station_tariffs import dropped, of_station, put

pytestmark = pytest.mark.anyio


async def test_put_and_dropped(db):
    await db.store([], [put(1, 7, 0, "a.1", 5), put(1, 7, 2, "b.1", 5), put(1, 8, 0, "a.1", 5)])
    await db.store([], [put(1, 7, 0, "a.2", 6), dropped(7, "b.1")])
    assert await of_station(db, 7) == {0: "a.2"}
    await db.store([], [dropped(7), put(1, 7, 1, "c.1", 7)])
    assert (await of_station(db, 7), await of_station(db, 8)) == ({1: "c.1"}, {0: "a.1"})
