"""Alerts are raised and cleared with what they tell of: one is open for a station and a subject."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.blocks.alerts import board_of, not_folded
from ohmstead.domain.alerts import Cause
from ohmstead.store.tables import alerts
from tests.blocks.staging import Stage

pytestmark = pytest.mark.anyio


def cause(**fields: Any) -> Cause:
    return Cause(**({"subject": "s", "source": "monitor", "code": "c", "severity": 5, "text": "t", "at": 100} | fields))


async def commit(stage: Stage, *causes: Cause, clear: str | None = None) -> list[str]:
    """Raise these, clear that, in one commit; what the feed was told."""
    board = await board_of(stage.db, stage.state.station, stage.now)
    for one in causes:
        await board.raised(one, stage.numbers.rows.take)
    if clear is not None:
        board.cleared(clear, "station")
    write, told = stage.write(), len(stage.fed)
    board.write(write)
    if write:
        await stage.put(write)
    return stage.fed[told:]


async def rows(stage: Stage) -> list[tuple[Any, ...]]:
    columns = (alerts.c.subject, alerts.c.count, alerts.c.state)
    return [tuple(row) for row in await stage.rows(select(*columns).order_by(alerts.c.id))]


async def test_raised_counted_and_cleared(stage: Stage) -> None:
    assert await commit(stage, cause()) == ["alert.firing"]
    assert await commit(stage, cause(), cause()) == []
    assert await rows(stage) == [("s", 3, "firing")]
    assert await commit(stage, clear="s") == ["alert.resolved"]
    assert await commit(stage, clear="s") == []
    assert await commit(stage, cause()) == ["alert.firing"]
    assert await rows(stage) == [("s", 3, "resolved"), ("s", 1, "firing")]


async def test_all_in_one_commit(stage: Stage) -> None:
    assert await commit(stage, cause(), clear="s") == ["alert.firing", "alert.resolved"]
    assert await rows(stage) == [("s", 1, "resolved")]


async def test_a_frame_that_was_not_folded(stage: Stage) -> None:
    assert await commit(stage, not_folded("TransactionEvent", KeyError("x"), stage.now)) == ["alert.firing"]
    board = await board_of(stage.db, stage.state.station, stage.now)
    (alert,) = board
    assert (alert.code, alert.severity, "KeyError" in alert.text) == ("unfolded", 4, True)
