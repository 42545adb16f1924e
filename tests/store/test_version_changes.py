"""Changes of version on disk: which are due, and what became of them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import bindparam, insert, update

from ohmstead.domain.version_change import Fate, Setting
from ohmstead.store import version_changes
from ohmstead.store.db import Db
from ohmstead.store.statement import Statement
from ohmstead.store.tables import device_models, stations
from ohmstead.store.version_changes import Change, Waiting

pytestmark = pytest.mark.anyio
SETTING = Setting(name="connection.heartbeat_interval", value=600, unit="s")
ONE = Change(
    id=1, tenant_id=1, station_id=1, was="1.6", now="2.0.1", at=100, state="open", kept=(SETTING,), ended=("7",)
)  # fmt: skip
SPEAKS = Statement(update(stations).values(ocpp_version=bindparam("version")))
REPORTED = Statement(
    insert(device_models).values(station_id=1, tenant_id=1, report_complete=1, report_at=bindparam("at"))
)


@pytest.fixture
async def begun(db: Db, store: Any) -> None:
    await store.add_stations(db, 1)
    await db.store([], version_changes.begun(ONE))


async def test_due_when_the_new_model_is_known(db: Db, begun: None) -> None:
    assert await version_changes.due(db, 99) == []
    async with db.transaction() as tx:
        await tx.execute(REPORTED, at=101)
    assert await version_changes.due(db, 99) == []  # that may be the model of 1.6
    async with db.transaction() as tx:
        await tx.execute(SPEAKS, version="2.0.1")
    assert await version_changes.due(db, 99) == [Waiting(ONE, True)]


async def test_due_when_it_never_comes(db: Db, begun: None) -> None:
    assert await version_changes.due(db, 100) == [Waiting(ONE, False)]


async def test_ended_once_and_overtaken(db: Db, store: Any, begun: None) -> None:
    fate = Fate(setting=SETTING, verdict="same")
    for first in (True, False):
        async with db.transaction() as tx:
            statement, arguments = version_changes.ended(1, "done", [fate], "cmd_1", 200)
            assert bool(await tx.fetch(statement, **arguments)) is first
    await db.store([], version_changes.begun(replace(ONE, id=2)))
    await db.store([], version_changes.begun(replace(ONE, id=3)))
    found = await store.rows(db, "version_changes")
    assert [row["state"] for row in found] == ["done", "overtaken", "open"]
    assert (found[0]["command_id"], found[0]["done_at"]) == ("cmd_1", 200)
