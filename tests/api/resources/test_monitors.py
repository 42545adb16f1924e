from __future__ import annotations

import pytest

from ohmstead.domain.device_model import Name
from ohmstead.domain.monitors import Monitor
from ohmstead.store import monitors

pytestmark = pytest.mark.anyio


async def test_monitors_of_a_station(client, context):
    await client.post("stations", json={"id": "CS1", "security_profile": 1})
    empty = (await client.get("stations/CS1/monitors")).json()
    assert (empty["data"], empty["base"], empty["level"], empty["report"]["complete"]) == ([], None, None, False)
    one = Monitor(id=7, name=Name("EVSE", "Power", evse_id=1), type="Delta", value=2, severity=4, updated_at=0)
    rows = await monitors.put(context.db, 1, 1, [one])
    await context.db.store([], [*rows, monitors.level_set(1, 1, 6), monitors.base_set(1, 1, "all")])
    shown = (await client.get("stations/CS1/monitors?severity=4")).json()
    assert [(one["id"], one["variable"], one["severity_name"]) for one in shown["data"]] == [(7, "Power", "error")]
    assert (shown["base"], shown["level"]) == ("all", 6)
    assert (await client.get("stations/CS1/monitors?kind=custom")).json()["data"] == []
    assert (await client.get("stations/CS2/monitors")).status_code == 404
