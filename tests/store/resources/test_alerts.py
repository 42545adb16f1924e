from __future__ import annotations

import pytest
from sqlalchemy import select

from ohmstead.store.resources import alerts
from ohmstead.store.statement import Statement
from ohmstead.store.tables import sessions

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


def row(id, **fields):
    known = {
        "id": id, "station_id": 1, "subject": f"s{id}", "source": "monitor", "code": "c", "severity": 5, "text": "t",
        "detail": '{"evse_id":1}', "latched": 0, "count": 1, "first_at": NOW, "last_at": NOW, "state": "firing",
    }  # fmt: skip
    return known | fields


@pytest.fixture
async def three(seed):
    await seed.row("alerts", **row(1, severity=3))
    await seed.row("alerts", **row(2, station_id=2, source="security_event", latched=1))
    await seed.row("alerts", **row(3, severity=8, state="resolved", resolved_at=NOW, acknowledged_at=NOW))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [3, 2, 1]),
        ({"station_id": "CS1"}, [3, 1]),
        ({"state": "firing"}, [2, 1]),
        ({"state": "resolved"}, [3]),
        ({"severity": 5}, [2, 1]),
        ({"severity": 2}, []),
        ({"source": "security_event"}, [2]),
        ({"acknowledged": True}, [3]),
        ({"acknowledged": False}, [2, 1]),
        ({"limit": 1}, [3]),
    ],
)
async def test_filters(db, three, filters, found):
    page = await alerts.page(db, 1, None, **({"limit": 9, "cursor": None} | filters))
    assert [one["id"] for one in page.rows] == found


async def test_a_key_sees_the_alerts_of_its_sites(db, three):
    page = await alerts.page(db, 1, (12,), limit=9, cursor=None)
    assert [one["id"] for one in page.rows] == [2]
    assert await alerts.find(db, 1, (12,), "1") is None
    assert await alerts.find(db, 1, None, "x") is None


async def test_acknowledging_tells_the_session_and_ends_what_nothing_else_ends(db, three, store_feed):
    for id, state in (("1", "firing"), ("2", "resolved")):
        found = await alerts.find(db, 1, None, id)
        async with db.transaction() as tx:
            shown = await alerts.acknowledge(tx, found, "key:k", NOW + 1)
        assert (shown.state, shown.acknowledged_by) == (state, "key:k")
        assert alerts.form(await alerts.find(db, 1, None, id)) == shown
    generations = await db.fetch(Statement(select(sessions.c.generation).order_by(sessions.c.station_id)))
    assert [tuple(one) for one in generations] == [(1,), (1,)]
    assert await store_feed() == [("ohmstead.alert.resolved", "CS2")]
