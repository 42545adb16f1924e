"""How far a target has come: tenants with news are named, and nothing goes back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ohmstead.store import publications
from ohmstead.store.db import Db, Event

pytestmark = pytest.mark.anyio


async def test_the_cursor_only_rises_and_each_target_has_its_own(
    db: Db, until: Callable[[Callable[[], Any]], Awaitable[None]]
) -> None:
    assert await publications.behind(db, "a") == []
    async with db.transaction() as tx:
        for _ in range(3):
            tx.emit(Event(1, "ohmstead.x", None, 0, "{}"))
    await until(lambda: publications.behind(db, "a"))  # PostgreSQL numbers events a moment later
    found = await publications.behind(db, "a")
    assert found == [(1, "default", 0)]
    await publications.passed(db, "a", 1, 2)
    assert await publications.behind(db, "a") == [(1, "default", 2)]
    await publications.passed(db, "a", 1, 3)
    await publications.passed(db, "a", 1, 1)
    assert await publications.behind(db, "a") == []
    assert await publications.behind(db, "b") == [(1, "default", 0)]
