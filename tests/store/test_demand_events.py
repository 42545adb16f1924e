"""Rows of events: due in their time, moved once, their limits put and taken away."""

from __future__ import annotations

import pytest

from ohmstead.domain.demand import Share, Target
from ohmstead.store import demand_events
from ohmstead.store.db import Db
from ohmstead.store.demand_events import Event
from ohmstead.store.resources import demand_events as shown

pytestmark = pytest.mark.anyio
EVENT = Event(7, 1, "", "e1", "scheduled", [11, 12], [], 100, 900, Target(shed_w=5.0), 60, 2, [], 50)
SHARES = [Share(site_id=11, baseline_w=9, limit_w=6), Share(site_id=12, baseline_w=3, limit_w=2)]


async def test_an_event_through_its_life(db: Db) -> None:
    async with db.transaction() as tx:
        await demand_events.add(tx, EVENT, "openadr")
    assert await demand_events.due(db, 99) == []
    assert await demand_events.due(db, 100) == [EVENT]
    async with db.transaction() as tx:
        assert await demand_events.move(tx, 7, "scheduled", "active")
        assert not await demand_events.move(tx, 7, "scheduled", "active")
        await demand_events.share(tx, EVENT, SHARES, [1, 2], 100)
    assert (await demand_events.due(db, 899), len(await demand_events.due(db, 900))) == ([], 1)
    row = await shown.find(db, 1, "7")
    assert demand_events.event_of(row).shares == SHARES
    async with db.transaction() as tx:
        assert await demand_events.change_opt_out(tx, 7, row["version"], [12])
        assert not await demand_events.change_opt_out(tx, 7, row["version"], [])
        assert await demand_events.unlimit(tx, 7, 12) == [12]
        assert await demand_events.unlimit(tx, 7) == [11]
    assert demand_events.event_of(await shown.find(db, 1, "7")).taking_part == [11]
