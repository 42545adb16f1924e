"""Streams on disk; of their values the newest."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.device_model import Name
from ohmstead.domain.streams import Stream, Value
from ohmstead.store import streams
from ohmstead.store.db import Db

pytestmark = pytest.mark.anyio
NAME = Name("EVSE", "Power", evse_id=1)
ONE = Stream(id=1, stream_id=7, monitor_id=3, name=NAME, interval_s=5, most_values=None, opened_at=10)


async def test_what_is_written_is_read(db: Db) -> None:
    await db.store([], [await streams.put(db, 1, 1, ONE), await streams.put(db, 1, 2, replace(ONE, id=2))])
    assert await streams.load_open(db, 1) == [ONE]
    assert await streams.find(db, 1, 7) == ONE
    assert await streams.find(db, 1, 8) is None
    changed = replace(ONE, name=None, interval_s=None, most_values=9, values=4, pending=2, last_at=5, last_value="v")
    await db.store([], [await streams.put(db, 1, 1, changed)])
    assert await streams.find(db, 1, 7) == changed


async def test_a_number_is_used_again(db: Db) -> None:
    await db.store([], [await streams.put(db, 1, 1, ONE), streams.closed(1, 20)])
    assert await streams.load_open(db, 1) == []
    await db.store([], [await streams.put(db, 1, 1, replace(ONE, id=2))])
    assert [one.id for one in await streams.load_open(db, 1)] == [2]


async def test_the_newest_messages_are_kept(db: Db, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_MESSAGES", 3)
    for number in range(1, 6):
        await db.store([], streams.kept(1, replace(ONE, messages=number), (Value(number, "v"), Value(2, "w")), 99))
    found = await store.rows(db, "stream_values", "number")
    assert [(row["number"], row["from_at"], row["to_at"]) for row in found] == [(3, 2, 3), (4, 2, 4), (5, 2, 5)]
    assert found[0]["body"] == '[[3,"v"],[2,"w"]]'
