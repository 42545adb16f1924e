"""Monitors beside those of a station; one of another value is replaced in its place."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from ohmstead.blocks.command import parse
from ohmstead.domain.device_model import Model, Name
from ohmstead.domain.monitors import Monitor
from ohmstead.fleet.aspects import Seen
from ohmstead.fleet.aspects.monitors import compare, mend
from ohmstead.shapes.desired import DesiredMonitor
from ohmstead.store import monitors
from tests.fleet.test_layers import PLACE

pytestmark = pytest.mark.anyio
WANTED = [DesiredMonitor(component="EVSE", evse_id=1, variable="Power", type="UpperThreshold", value=5.0, severity=4)]
HELD = Monitor(id=9, name=Name("evse", "power", evse_id=1), type="UpperThreshold", value=6.0, severity=4, kind="custom",
               transaction=False, updated_at=1)  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_another_value_is_replaced_in_its_place(db):
    seen = Seen(PLACE._replace(ocpp_version="2.0.1"), Model())
    (found,) = await compare(db, seen, WANTED)
    assert (found.same, "id" in mend(WANTED, [found])["monitors"][0]) == (False, False)
    await db.store([], await monitors.put(db, 1, 1, [HELD]))
    (found,) = await compare(db, seen, WANTED)
    body = mend(WANTED, [found])
    assert (found.same, body["monitors"][0]["id"]) == (False, 9)
    parse(msgspec.json.encode(body))
    assert not found.near
    await db.store([], await monitors.put(db, 1, 1, [replace(HELD, value=5.04)]))
    assert (await compare(db, seen, WANTED))[0].near, "it keeps it rounded"
    await db.store([], await monitors.put(db, 1, 1, [replace(HELD, value=5.0)]))
    assert (await compare(db, seen, WANTED))[0].same
    assert "1.6 has no monitors" in str((await compare(db, Seen(PLACE, Model()), WANTED))[0].blocked)
