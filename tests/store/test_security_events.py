"""Security events are rows of the station's own commit."""

from __future__ import annotations

import pytest

from ohmstead.store.security_events import write_security_event

pytestmark = pytest.mark.anyio


async def test_a_security_event_is_kept(db, store):
    await store.add_stations(db, 1)
    (claim,) = await db.claim([1])
    write = store.write_for(1, claim)
    write_security_event(write, 1, "SettingSystemTime", True, 5, 6, "text")
    assert await db.commit([write], 0) == []
    (row,) = await store.rows(db, "security_events")
    assert (row["station_id"], row["type"], row["critical"], row["at"]) == (1, "SettingSystemTime", 1, 5)
