from __future__ import annotations

import pytest

from ohmstead.domain.version_change import Fate, Setting
from ohmstead.store import version_changes as own
from ohmstead.store.resources import version_changes

pytestmark = pytest.mark.anyio
SETTING = Setting(name="connection.heartbeat_interval", value=600, unit="s")


async def test_newest_first_and_what_is_lost_first(db, seed):
    for id, station in ((1, 1), (2, 1), (3, 2)):
        one = own.Change(
            id=id, tenant_id=1, station_id=station, was="1.6", now="2.0.1", at=0, state="open", kept=(SETTING,),
            ended=("7",),
        )  # fmt: skip
        await db.store([], own.begun(one))
    fates = [Fate(setting=SETTING, verdict="same", now=600), Fate(setting=SETTING, verdict="lost", reason="no")]
    await db.store([], [own.ended(2, "done", fates, None, 5)])
    found = await version_changes.page(db, 1, station=1, limit=9, cursor=None)
    newer, older = (version_changes.form(row) for row in found.rows)
    assert (newer.id, newer.state, [one.verdict for one in newer.settings]) == ("2", "done", ["lost", "same"])
    assert (older.id, older.state, older.settings, older.transactions) == ("1", "overtaken", None, ["7"])
    assert newer.settings[1].now == 600
