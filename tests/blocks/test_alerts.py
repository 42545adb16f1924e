"""Alerts are raised and cleared with what they tell of: one is open for a station and a subject."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead import runtime
from ohmstead.blocks.alerts import board_of, fade, not_folded
from ohmstead.domain.alerts import FADES_AFTER, Cause
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


async def test_a_notice_fades_after_a_day_and_what_matters_stays(stage: Stage, clock: runtime.FakeClock) -> None:
    at = stage.now
    await commit(
        stage,
        cause(subject="notice", severity=7, latched=True, at=at),
        cause(subject="said again", severity=8, latched=True, at=at),
        cause(subject="warning", severity=6, latched=True, at=at),
        cause(subject="not over", severity=8, at=at),
    )
    clock.advance(FADES_AFTER / 2_000_000)
    await commit(stage, cause(subject="said again", severity=8, latched=True, at=stage.now))
    assert await fade(stage.db, stage.now) == 0
    clock.advance(FADES_AFTER / 2_000_000)
    assert await fade(stage.db, stage.now) == 1
    assert await fade(stage.db, stage.now) == 0
    found = await stage.rows(select(alerts.c.subject, alerts.c.resolved_by).where(alerts.c.state == "resolved"))
    assert [tuple(row) for row in found] == [("notice", "time")]


async def test_a_session_that_counts_in_that_moment_looks_again(stage: Stage, clock: runtime.FakeClock) -> None:
    await commit(stage, cause(severity=8, latched=True, at=stage.now))
    clock.advance(FADES_AFTER / 1_000_000)
    board = await board_of(stage.db, stage.state.station, stage.now)
    await board.raised(cause(severity=8, latched=True, at=stage.now), stage.numbers.rows.take)
    assert await fade(stage.db, stage.now) == 1
    write = stage.write()
    board.write(write)
    assert await stage.db.commit([write], 0) == [write]  # stale: nothing was stored
    await stage.connect()
    await commit(stage, cause(severity=8, latched=True, at=stage.now))
    assert await rows(stage) == [("s", 1, "resolved"), ("s", 1, "firing")]


async def test_an_event_and_the_end_of_its_monitor_at_once(stage: Stage) -> None:
    """Answers are taken in beside the station's calls: neither may fail the other."""
    await commit(stage, cause())
    board = await board_of(stage.db, stage.state.station, stage.now)
    await board.raised(cause(), stage.numbers.rows.take)
    assert await commit(stage, clear="s") == ["alert.resolved"]
    write = stage.write()
    board.write(write)
    await stage.put(write)
    assert await rows(stage) == [("s", 1, "resolved")]
