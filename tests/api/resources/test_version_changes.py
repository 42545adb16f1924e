from __future__ import annotations

import pytest
from sqlalchemy import bindparam, update

from ohmstead.domain.device_model import Attribute, Change, Name, Variable
from ohmstead.domain.monitors import Monitor
from ohmstead.domain.version_change import Setting
from ohmstead.store import device_model, monitors, version_changes
from ohmstead.store.statement import Statement
from ohmstead.store.tables import stations

pytestmark = pytest.mark.anyio
SPEAKS = Statement(update(stations).values(ocpp_version=bindparam("version"), security_profile=bindparam("profile")))


async def speaks(context, version, profile=1):
    async with context.db.transaction() as tx:
        await tx.execute(SPEAKS, version=version, profile=profile)


async def test_the_dry_run(client, context):
    await client.post("stations", json={"id": "CS1", "security_profile": 1})
    refused = await client.get("stations/CS1/upgrade-check")
    assert (refused.status_code, "never connected" in refused.json()["detail"]) == (409, True)
    await speaks(context, "1.6")
    name = Name("OCPPCommCtrlr", "HeartbeatInterval")
    known = Variable(name, (Attribute(value="600", mutability="ReadWrite"),))
    await context.db.store([], await device_model.changed(context.db, 1, 1, [Change(name.key, None, known)], 0))
    found = (await client.get("stations/CS1/upgrade-check")).json()
    assert (found["was"], found["now"], found["transactions"], found["monitors"]) == ("1.6", "2.0.1", [], 0)
    assert [(one["name"], one["verdict"]) for one in found["settings"]] == [
        ("connection.heartbeat_interval", "carried")
    ]
    assert [note["code"] for note in found["notes"]] == ["password"]
    assert (await client.get("stations/CS1/upgrade-check?to=2.1")).json()["now"] == "2.1"
    assert (await client.get("stations/CS1/upgrade-check?to=1.6")).status_code == 409
    assert (await client.get("stations/CS1/upgrade-check?to=3")).status_code == 422
    assert (await client.get("stations/CS2/upgrade-check")).status_code == 404


async def test_profile_0_and_the_way_back(client, context):
    await client.post("stations", json={"id": "CS1", "security_profile": 1})
    await speaks(context, "1.6", 0)
    notes = (await client.get("stations/CS1/upgrade-check")).json()["notes"]
    assert [note["code"] for note in notes] == ["security_profile"]
    await speaks(context, "2.1")
    one = Monitor(id=3, name=Name("EVSE", "Power"), type="Delta", value=1, severity=8)
    await context.db.store([], await monitors.put(context.db, 1, 1, [one]))
    found = (await client.get("stations/CS1/upgrade-check?to=1.6")).json()
    assert (found["monitors"], [note["code"] for note in found["notes"]]) == (1, ["password"])


async def test_what_happened(client, context):
    await client.post("stations", json={"id": "CS1", "security_profile": 1})
    kept = (Setting(name="connection.heartbeat_interval", value=600, unit="s"),)
    one = version_changes.Change(
        id=7, tenant_id=1, station_id=1, was="1.6", now="2.1", at=0, state="open", kept=kept, ended=("3",)
    )  # fmt: skip
    await context.db.store([], version_changes.begun(one))
    (shown,) = (await client.get("stations/CS1/version-changes")).json()["data"]
    assert (shown["id"], shown["was"], shown["now"], shown["state"]) == ("7", "1.6", "2.1", "open")
    assert (shown["settings"], shown["transactions"]) == (None, ["3"])
