from __future__ import annotations

import msgspec
import pytest

from ohmstead.store.resources import events

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


@pytest.fixture
async def told(db, seed):
    for sequence, subject in ((5, "CS1"), (6, "CS2"), (7, None), (8, "CS1")):
        await seed.row("feed", sequence=sequence, type="ohmstead.x", subject=subject, at=NOW, data='{"a":1}')


async def test_an_empty_feed_ends_before_it_begins(db):
    assert await events.ends(db, 1) == (1, 0)


async def test_what_comes_after(db, told):
    assert await events.ends(db, 1) == (5, 8)
    assert [row["sequence"] for row in await events.after(db, 1, None, 5, 2)] == [6, 7]
    assert [row["sequence"] for row in await events.after(db, 1, (11,), 4, 9)] == [5, 8]
    assert await events.after(db, 2, None, 0, 9) == []


async def test_an_event_is_a_cloud_event(db, told):
    shown = msgspec.to_builtins(events.form((await events.after(db, 1, None, 4, 1))[0]), builtin_types=(msgspec.Raw,))
    assert msgspec.json.decode(msgspec.json.encode(shown)) == {
        "specversion": "1.0",
        "id": "1-5",
        "source": "/api/v1",
        "type": "ohmstead.x",
        "subject": "CS1",
        "time": "2025-11-24T16:00:00Z",
        "sequence": 5,
        "datacontenttype": "application/json",
        "data": {"a": 1},
    }
