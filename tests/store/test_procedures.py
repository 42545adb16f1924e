"""Procedures on both databases: what is put is found as it was."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ohmstead.domain.procedures import Procedure, Step
from ohmstead.store import procedures
from ohmstead.store.db import Db

pytestmark = pytest.mark.anyio
ONE = Procedure(
    id="prc_1", kind="log", request_id=5, asked_at=1, updated_at=1, asked={"location": "ftp://u:p@h/x"},
    steps=(Step("Uploading", 2),),
)  # fmt: skip


async def test_what_is_put_is_found(db: Db) -> None:
    await db.store([], [procedures.put(1, 1, ONE)])
    found = await procedures.find(db, 1, "log", 5)
    assert found == replace(ONE, asked={"location": "ftp://u:***@h/x"})
    assert await procedures.load_open(db, 1, "log") == [found]
    assert await procedures.find(db, 1, "firmware", 5) is None


async def test_an_answer_does_not_undo_what_came_meanwhile(db: Db) -> None:
    await db.store([], [procedures.put(1, 1, replace(ONE, state="done"))])
    await db.store([], [procedures.moved(replace(ONE, state="running"), "asked")])
    found = await procedures.load(db, "prc_1")
    assert found is not None
    assert found.state == "done"
