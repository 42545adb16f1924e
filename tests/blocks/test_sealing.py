"""What is sealed, and when another version is made."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.blocks.sealing import seal_all
from ohmstead.store.tables import records
from tests.acceptance.serving import event
from tests.blocks.staging import SQLITE, Stage

pytestmark = pytest.mark.anyio


async def versions(stage: Stage) -> list[tuple[Any, ...]]:
    await seal_all(stage.db, stage.numbers.rows, stage.now)
    rows = await stage.rows(select(records.c.version, records.c.reason).order_by(records.c.version))
    return [tuple(row) for row in rows]


async def test_only_what_a_bill_rests_on_makes_another_version(stage: Stage) -> None:
    for one in (event("Started", 0, evse=1, wh=0), event("Updated", 1, 10), event("Ended", 2, 40, wh=400)):
        assert await versions(stage) == []
        await stage.say("TransactionEvent", one)
    assert await versions(stage) == [(1, "complete")]
    await stage.say("TransactionEvent", event("Updated", 3, 20, wh=200))  # late, and nothing of money
    assert await versions(stage) == [(1, "complete")]
    await stage.say("TransactionEvent", event("Ended", 4, 50, wh=500))
    assert await versions(stage) == [(1, "complete"), (2, "amended")]


@SQLITE
async def test_a_repeat_unseals_nothing(stage: Stage) -> None:
    said = [event("Started", 0, evse=1, wh=0), event("Ended", 1, 40, wh=400)]
    for one in said:
        await stage.say("TransactionEvent", one)
    await versions(stage)
    for one in said:
        await stage.say("TransactionEvent", one)
    assert await seal_all(stage.db, stage.numbers.rows, stage.now) == 0
