"""A05: what a station on its way to another security profile proves by what it does, and by what it does not."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from ohmstead.blocks.proving import end_late
from ohmstead.domain.upgrade import STAYED, read
from ohmstead.store import upgrades
from ohmstead.store.resources import stations
from ohmstead.store.statement import Statement
from ohmstead.store.tables import commands
from ohmstead.store.tables import stations as table
from tests.blocks.staging import SQLITE, Stage
from tests.blocks.test_upgrading import moving

BOOT = {"reason": "RemoteReset", "chargingStation": {"model": "M", "vendorName": "V"}}


@pytest.mark.anyio
@SQLITE
@pytest.mark.parametrize(("came_with", "step", "profile"), [(2, "settling", 2), (1, "failed", 1)])
async def test_what_its_boot_proves(stage: Stage, came_with: int, step: str, profile: int) -> None:
    await stage.enter(2, upgrade=upgrades.kept(moving("proof")))
    stage.state = replace(stage.state, came_with=came_with)
    if came_with == 1:
        await stage.say("BootNotification", BOOT | {"reason": "Triggered"})
        assert stage.told[0][0] == "station.booted"
    await stage.say("BootNotification", BOOT)
    row = await stations.find(stage.db, 1, None, "CS2")
    assert row is not None
    found = read(row["upgrade"])
    assert found is not None
    assert (found.step, row["security_profile"]) == (step, profile)
    assert stage.state.station.security_profile == profile
    assert "station.security_profile_upgrade" in [kind for kind, _ in stage.told]
    assert (("security_profile", "2") in stage.happened) == (came_with == 2)


@pytest.mark.anyio
@SQLITE
async def test_a_station_that_does_not_come_back(stage: Stage) -> None:
    await stage.enter(2, upgrade=upgrades.kept(moving("proof")))
    assert await end_late(stage.db, 4) == 0
    assert await end_late(stage.db, 5) == 1
    assert await end_late(stage.db, 10**18) == 0
    await stage.connect(2)
    assert json.loads(stage.state.station.upgrade or "")["step"] == "overdue"


@pytest.mark.anyio
@SQLITE
@pytest.mark.parametrize(("version", "step"), [("2.0.1", "failed"), ("1.6", "overdue")])
async def test_one_that_fell_back_without_a_boot(stage: Stage, version: str, step: str) -> None:
    """A 2.x station came anew with the old profile and stays: its list of profiles is put right."""
    one = moving("proof") if version != "1.6" else moving("proof", priority=None, priority_was=None)
    await stage.enter(2, upgrade=upgrades.kept(one))
    async with stage.db.transaction() as tx:
        await tx.execute(Statement(update(table).where(table.c.id == 2).values(connected_since=2)))
    assert await end_late(stage.db, STAYED) == 0  # it may yet say something with the new one
    ended = await end_late(stage.db, STAYED + 3)
    assert ended == (step == "failed")
    if not ended:
        async with stage.db.transaction() as tx:
            await tx.execute(Statement(update(table).where(table.c.id == 2).values(connected_since=None)))
        assert await end_late(stage.db, STAYED + 3) == 1
    await stage.connect(2)
    assert json.loads(stage.state.station.upgrade or "")["step"] == step
    kinds = [row[0] for row in await stage.rows(select(commands.c.type))]
    assert kinds == (["finish_upgrade"] if step == "failed" else [])
