"""A procedure that was asked for: its row, its statuses, its command."""

from __future__ import annotations

import pytest

from ohmstead.blocks.procedures import end_quiet
from ohmstead.domain.procedures import QUIET
from ohmstead.store import procedures
from tests.blocks.staging import SQLITE, Stage

pytestmark = pytest.mark.anyio


@SQLITE
async def test_one_of_which_nothing_is_heard_ends(stage: Stage) -> None:
    await stage.say("LogStatusNotification", {"status": "Uploading", "requestId": 5})
    assert await end_quiet(stage.db, stage.now + QUIET) == 0
    assert await end_quiet(stage.db, stage.now + QUIET + 1) == 1
    one = await procedures.find(stage.db, 1, "log", 5)
    assert one is not None
    assert (one.state, one.reason) == ("failed", "nothing was heard of it any more")
