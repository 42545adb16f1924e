"""Months of renewals of a small fleet in seconds, as `bench/renewals.py` lives a year of a large one: every other
station is odd, some are away for weeks, the CA fails, and we are killed in the middle of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ohmstead.domain.renewal import HOUR
from tests.year import BEHAVIOURS, Plan, living
from tests.year_sockets import Wired

pytestmark = pytest.mark.anyio


async def test_nobody_is_locked_out(tmp_path: Path) -> None:
    plan = Plan(count=30, sites=3, odd_percent=50, away_percent=15, days=90, step=6 * HOUR, outages=4, seed=3)
    async with living(plan, tmp_path) as world:
        assert {box.behaviour for box in world.boxes} == {"", *BEHAVIOURS}
        await world.live()
        found = await world.account()
    assert found["wrong"] == []
    assert found["renewed"] >= 5
    assert found["ca_refusals"] > 0


async def test_the_account_sees_what_is_wrong(tmp_path: Path) -> None:
    async with living(Plan(count=3, sites=1, odd_percent=0, away_percent=0, outages=0, restarts=0), tmp_path) as world:
        world.boxes[0].refused, world.most_at_once = 403, 99
        found = await world.account()
    assert [text.partition(" ")[0] for text in found["wrong"]] == ["CS00000:", "CS00000", "99"]


async def test_nobody_is_locked_out_over_sockets(tmp_path: Path) -> None:
    """The same over mutual TLS at our real door, through one window."""
    plan = Plan(
        count=12, sites=2, odd_percent=50, away_percent=10, days=60, step=12 * HOUR, outages=1, restarts=1, seed=5,
        roll_outs=(20,), visits=24 * HOUR,
    )  # fmt: skip
    async with living(plan, tmp_path, Wired) as world:
        assert isinstance(world, Wired)
        await world.live()
        found = await world.account()
    assert found["wrong"] == []
    assert found["renewed"] + found["listed_with_a_reason"] >= 12
    assert world.handshakes > 24
