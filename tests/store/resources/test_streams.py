from __future__ import annotations

import pytest
from msgspec.structs import replace

from ohmstead.domain.device_model import Name
from ohmstead.domain.streams import Stream, Value
from ohmstead.store import streams as own
from ohmstead.store.resources import streams

pytestmark = pytest.mark.anyio
NAME = Name("EVSE", "Power", evse_id=1)
ONE = Stream(id=1, stream_id=7, monitor_id=3, name=NAME, interval_s=5, most_values=None, opened_at=10)


@pytest.fixture
async def some(db, seed):
    rows = [await own.put(db, 1, 1, one) for one in (ONE, replace(ONE, id=2, stream_id=8, name=None))]
    await db.store([], [*rows, own.closed(2, 20), await own.put(db, 1, 2, replace(ONE, id=3))])
    for number in range(1, 6):
        found = tuple(Value(10 * number + n, f"{number}.{n}") for n in (1, 0))
        await db.store([], own.kept(1, replace(ONE, messages=number), found, 99))


async def test_streams_of_a_station(db, some):
    async def ids(**filters):
        found = await streams.page(db, 1, **({"station": 1, "limit": 9, "cursor": None, "open": None} | filters))
        return [streams.form(row).id for row in found.rows]

    assert await ids() == ["2", "1"]
    assert await ids(open=True) == ["1"]
    assert await ids(open=False) == ["2"]
    assert await ids(station=2) == ["3"]
    shown = streams.form(await streams.find(db, 1, 1, "1"))
    assert (shown.stream_id, shown.component, shown.evse_id, shown.interval_s) == (7, "EVSE", 1, 5)
    assert streams.form(await streams.find(db, 1, 1, "2")).component is None
    assert await streams.find(db, 1, 1, "3") is None
    assert await streams.find(db, 1, 1, "x") is None


@pytest.mark.parametrize("messages", [2, 100])
async def test_values_page_by_page(db, some, monkeypatch, messages):
    monkeypatch.setattr(streams, "MESSAGES", messages)
    monkeypatch.setattr(streams, "_PARTS", streams.Statement(streams._PARTS.clause.limit(messages)))

    async def read(limit, begin=None, end=None):
        seen, cursor = [], None
        while True:
            found = await streams.values(db, 1, limit=limit, cursor=cursor, begin=begin, end=end)
            seen += [row["value"] for row in found.rows]
            assert len(found.rows) <= limit
            if (cursor := found.cursor) is None:
                return seen

    every = [f"{number}.{n}" for number in range(1, 6) for n in (0, 1)]
    for limit in (1, 3, 10, 99):
        assert await read(limit) == every
    assert await read(2, begin=21, end=41) == ["2.1", "3.0", "3.1", "4.0"]
    assert await read(9, begin=1000) == []


def test_a_value():
    assert streams.value_form({"at": 0, "value": "v"}).at.year == 1970
