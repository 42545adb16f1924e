"""Profiles on disk: asked, installed, refused, gone; limits from others."""

from __future__ import annotations

import pytest

from ohmstead.domain.profiles import SECOND
from ohmstead.store import charging
from ohmstead.store.charging import Limit
from ohmstead.store.db import Db
from tests.domain.test_profiles import T, profile

pytestmark = pytest.mark.anyio


async def held(db: Db) -> list[tuple[int, str, float | None]]:
    return [(one.profile.id, one.state, one.profile.schedule.periods[0].limit) for one in await charging.load(db, 1)]


async def test_the_life_of_a_profile(db: Db) -> None:
    await db.store([], [charging.asked(1, 1, profile(7, 16), T)])
    assert await held(db) == [(7, "asked", 16)]
    await db.store([], [charging.installed(1, 1, profile(7, 16), "CSO", T)])
    await db.store([], [charging.asked(1, 1, profile(7, 10), T + 1)])
    (one,) = await charging.load(db, 1)
    assert (one.state, one.source, one.profile, one.wanted) == ("installed", "CSO", profile(7, 16), profile(7, 10))
    await db.store([], charging.refused(1, 7))  # the one before stays
    (one,) = await charging.load(db, 1)
    assert (one.state, one.profile, one.wanted) == ("installed", profile(7, 16), None)
    await db.store([], [charging.asked(1, 1, profile(8, 10), T), *charging.refused(1, 8)])
    assert await held(db) == [(7, "installed", 16)]
    await db.store([], charging.dropped(1, [7]))
    assert await held(db) == []


async def test_a_report(db: Db) -> None:
    assert await charging.find_report(db, 1, 5) is None
    await db.store([], [charging.report_asked(1, 1, 5, True, T)])
    assert await charging.find_report(db, 1, 5) == (True, T)
    for one in (
        charging.installed(1, 1, profile(1), "CSO", T - 1),
        charging.installed(1, 1, profile(2), "EMS", T),
        charging.asked(1, 1, profile(3), T - 1),
        charging.unnamed(1, T),
        charging.report_over(1, 5),
    ):
        await db.store([], [one])
    assert [one[:2] for one in await held(db)] == [(2, "installed"), (3, "asked")]
    assert await charging.find_report(db, 1, 5) is None


async def test_limits_of_others(db: Db) -> None:
    limits = [
        Limit(0, "EMS", True, profile(1, 10).schedules, T),
        Limit(2, "EMS", None, (), T),
        Limit(2, "SO", False, (), T),
    ]
    await db.store([], [charging.limited(1, 1, one) for one in limits])
    assert await charging.load_limits(db, 1) == limits
    again = Limit(2, "SO", False, profile(1, 6).schedules, T + SECOND)
    await db.store([], [charging.limited(1, 1, again)])
    assert await charging.load_limits(db, 1) == [*limits[:2], again]
    await db.store([], [charging.released(1, 2, "SO")])
    assert await charging.load_limits(db, 1) == limits[:2]
    await db.store([], [charging.released(1, 0, "EMS")])
    assert await charging.load_limits(db, 1) == []
