from __future__ import annotations

import pytest

from ohmstead.domain.uptime import LINE, Point
from ohmstead.retention_settings import Retention
from ohmstead.store import uptime
from ohmstead.store.db import Write
from ohmstead.store.retention import DAY, forget

pytestmark = pytest.mark.anyio
NOW = 1_764_000_000_000_000


async def test_what_was_said_before_holds(db):
    write = Write(1, 7, 0, 0)
    told = [(LINE, "Online"), ((1, 1), "Faulted"), ((1, 1), "Available"), (LINE, "Offline")]
    for n, (what, state) in enumerate(told):
        uptime.write_state(write, NOW + n * 10, state, what)
    uptime.write_state(write, NOW + 30, "Online")
    await db.store([], write.changed)
    assert await uptime.points(db, 7, NOW + 25, NOW + 40) == [
        Point(NOW, LINE, "Online"), Point(NOW + 20, (1, 1), "Available"), Point(NOW + 30, LINE, "Online"),
    ]  # fmt: skip
    assert await uptime.points(db, 8, NOW, NOW + 40) == []
    await forget(db, Retention(), NOW + 15 + Retention().availability * DAY)
    assert [one.at - NOW for one in await uptime.points(db, 7, NOW, NOW + 40)] == [20, 30]
