from __future__ import annotations

import pytest

from ohmstead.domain.device_model import Name
from ohmstead.domain.monitors import Monitor
from ohmstead.store import monitors as own
from ohmstead.store.resources import monitors

pytestmark = pytest.mark.anyio


async def test_filters_pages_and_forms(db, seed):
    name = Name("EVSE", "Power", evse_id=1)
    found = [
        Monitor(id=id, name=name, type="Delta", value=2, severity=id, kind="custom" if id > 4 else None, updated_at=1)
        for id in (3, 5, 8)
    ]
    await db.store([], await own.put(db, 1, 1, found))
    await db.store([], await own.put(db, 1, 2, found[:1]))

    async def ids(**filters):
        page = await monitors.page(db, 1, **({"station": 1, "limit": 9, "cursor": None} | filters))
        return [row["monitor_id"] for row in page.rows]

    assert await ids() == [3, 5, 8]
    assert await ids(severity=5) == [3, 5]
    assert await ids(kind="custom") == [5, 8]
    assert await ids(station=2) == [3]
    page = await monitors.page(db, 1, station=1, limit=1, cursor=None)
    assert page.cursor == [3]
    assert await ids(cursor=page.cursor) == [5, 8]
    shown = monitors.form(page.rows[0])
    assert (shown.id, shown.component, shown.evse_id, shown.variable) == (3, "EVSE", 1, "Power")
    assert (shown.severity_name, shown.kind, shown.value) == ("critical", None, 2)


def test_how_the_last_report_went():
    assert monitors.report_form(own.Monitoring()).at is None
    form = monitors.report_form(own.Monitoring(report_missing=(1,), report_at=0))
    assert (form.complete, form.missing_parts, form.at.year) == (False, [1], 1970)
