from __future__ import annotations

import pytest

from ohmstead.domain.demand import Interval
from ohmstead.store import demand_events as engine
from ohmstead.store.resources import demand_events
from tests.store.test_demand_events import EVENT

pytestmark = pytest.mark.anyio
HOUR = 3_600_000_000


async def test_listed_and_shown(db):
    async with db.transaction() as tx:
        await engine.add(tx, EVENT, "openadr")
    found = await demand_events.page(db, 1, limit=5, cursor=None, state="scheduled")
    shown = demand_events.form(found.rows[0])
    assert (shown.site_ids, shown.shed_w, shown.source, shown.source_id) == (["11", "12"], 5, "openadr", "e1")
    assert await demand_events.find(db, 2, "7") is None
    assert await demand_events.find(db, 1, "x") is None


def test_an_interval_that_was_not_measured_counts_nowhere():
    intervals = [
        Interval(start=n * HOUR, end=(n + 1) * HOUR, asked_w=6, baseline_w=10, measured_w=measured)
        for n, measured in enumerate((7.0, None))
    ]
    report = demand_events.report_form(EVENT._replace(state="done"), intervals)
    assert (report.shed_wh, report.asked_shed_wh, report.complete) == (3, 4, False)
