"""A station on a real database, and a clock that stands still."""

from __future__ import annotations

import pytest

from ohmstead import runtime
from ohmstead.store.db import Db
from tests.blocks.staging import Stage


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> runtime.FakeClock:
    one = runtime.FakeClock()
    monkeypatch.setattr(runtime, "clock", one)
    return one


@pytest.fixture
async def stage(clock: runtime.FakeClock, db: Db) -> Stage:
    """A connected station, on SQLite and on PostgreSQL in turn."""
    one = Stage(db)
    await one.enter()
    return one
