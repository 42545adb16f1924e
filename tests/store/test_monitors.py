"""Monitors on disk, and reports under way."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.domain.device_model import Name
from ohmstead.domain.monitors import Monitor, Report, received
from ohmstead.store import monitors
from ohmstead.store.db import Db

pytestmark = pytest.mark.anyio
ONE = Monitor(id=1, name=Name("EVSE", "Power", evse_id=1), type="Delta", value=2.5, severity=6, updated_at=10)
TWO = Monitor(id=2, name=Name("Fan", "Problem"), type="Delta", value=1, severity=4, kind="custom", updated_at=10)
REPORT = Report(request_id=5, full=True, asked_at=20, last_at=20)


async def put(db: Db, *found: Monitor) -> None:
    await db.store([], await monitors.put(db, 1, 1, found))


async def test_what_is_written_is_read(db: Db) -> None:
    await put(db, ONE, TWO)
    assert await monitors.load(db, 1) == {1: ONE, 2: TWO}
    assert await monitors.find(db, 1, 2) == TWO
    assert await monitors.find(db, 1, 3) is None
    assert await monitors.load(db, 2) == {}
    changed = replace(ONE, value=3, name=Name("EVSE", "Power", evse_id=2), transaction=True)
    await put(db, changed)
    assert await monitors.find(db, 1, 1) == changed
    await db.store([], monitors.dropped(1, [1]))
    assert await monitors.load(db, 1) == {2: TWO}


async def test_kinds(db: Db) -> None:
    await put(db, ONE, TWO, replace(ONE, id=3, kind="preconfigured"))
    assert await monitors.of_kind(db, 1, "custom") == [2]
    assert await monitors.of_kind(db, 1, "custom", "preconfigured") == [2, 3]


async def test_what_a_report_does_not_name(db: Db) -> None:
    await put(db, ONE, TWO, replace(ONE, id=3, updated_at=20), replace(ONE, id=4, updated_at=30))
    assert sorted(await monitors.unnamed(db, 1, REPORT)) == [1, 2]


async def test_settings(db: Db) -> None:
    assert await monitors.load_state(db, 1) == monitors.Monitoring()
    await db.store([], [monitors.asked_again(1, 1, 2), monitors.base_set(1, 1, "all"), monitors.level_set(1, 1, 4)])
    broken = received(REPORT, 1, False, 30)
    await db.store([], [monitors.reported(1, 1, broken, 40)])
    assert await monitors.load_state(db, 1) == ("all", 4, False, (0,), None, 2)
    await db.store([], [monitors.reported(1, 1, received(broken, 0, True, 50), 60)])
    assert await monitors.load_state(db, 1) == ("all", 4, True, (), 60, 0)


async def test_reports_under_way(db: Db, store: Any) -> None:
    report = received(REPORT, 3, False, 30)
    await db.store([], [monitors.report_kept(1, 1, REPORT), monitors.report_kept(1, 1, report)])
    assert await monitors.load_report(db, 1, 5) == report
    assert await monitors.load_report(db, 1, 6) is None
    (owner,) = await monitors.overdue(db, 30)
    assert owner == (1, 1, report)
    assert await monitors.overdue(db, 29) == []
    async with db.transaction() as tx:
        assert await monitors.still_so(tx, owner)
        assert not await monitors.still_so(tx, owner._replace(report=REPORT))
    await db.store([], [monitors.report_over(1, 5)])
    assert await monitors.load_report(db, 1, 5) is None
