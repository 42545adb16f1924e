"""Display messages on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ohmstead.store import display_messages as own
from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import display_messages

pytestmark = pytest.mark.anyio


async def test_put_twice_and_dropped(db: Db) -> None:
    await db.store([], [own.put(1, 1, 7, {"a": at}, at) for at in (1, 2)])
    await db.store([], [own.put(1, 1, 8, {}, 5), own.put(1, 1, 9, {}, 5), own.dropped(1, 9)])
    await db.store([], [own.dropped_before(1, 3)])
    rows = await db.fetch(Statement(select(display_messages.c.message_id)))
    assert [row[0] for row in rows] == [8]
