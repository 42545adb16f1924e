"""Counts and turns of a campaign on disk; tests/fleet/test_campaigns.py shows them in use."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.campaigns import Rules, Wave
from ohmstead.shapes.campaign import CampaignNew, Selection
from ohmstead.store import campaigns
from ohmstead.store.resources import campaigns as resource

pytestmark = pytest.mark.anyio


async def test_a_station_is_begun_once_and_counted_where_it_is(db, store: Any):
    await store.add_stations(db, 1, 2, 3)
    new = CampaignNew(type="base_report", select=Selection())
    async with db.transaction() as tx:
        await resource.add(tx, 1, 1, new, Rules(waves=(30.0, 100.0)), "{}", [1, 2, 3], None, 0)
        assert await campaigns.begin(tx, 1, 1, "cmd_1", 50)
        assert not await campaigns.begin(tx, 1, 1, "cmd_2", 51)
        await campaigns.move(tx, 1, [(2, "failed", "no")], now=60, again=0)
    assert await campaigns.counts(db, 1, 2, 100) == [Wave(0, 0, 1, 0, 0, 0), Wave(0, 1, 0, 0, 1, 0)]
    assert await campaigns.begun_since(db, 1, 40) == 1
    assert await campaigns.begun_since(db, 1, 50) == 0
    assert [one.station_id for one in await campaigns.under_way(db, 1)] == [1]
    assert await campaigns.ready(db, 1, 1, 9, 100) == []  # nobody is online


async def test_a_state_is_left_once(db):
    new = CampaignNew(type="base_report", select=Selection())
    async with db.transaction() as tx:
        await resource.add(tx, 1, 1, new, Rules(), "{}", [], None, 0)
        assert await campaigns.set_state(tx, 1, "running", "paused", None, 0, 5)
        assert not await campaigns.set_state(tx, 1, "running", "done", None, 0, 6)
    assert await campaigns.running(db) == []
