"""B10: what a station on its way to another CSMS says by what it does, and by what it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.blocks.command import NotAnswered
from ohmstead.blocks.migrated import back, watch
from ohmstead.blocks.refolding import Books
from ohmstead.domain.csms_migration import Step
from ohmstead.ocpp.rpc import CallError
from ohmstead.ocpp.versions import BY_NAME
from ohmstead.store.statement import Statement
from ohmstead.store.tables import commands, stations
from tests.blocks.staging import SQLITE, Stage
from tests.blocks.test_migrating import begun, goes, migration
from tests.blocks.test_upgrading import NOT_SET, SET
from tests.domain.test_csms_migration import MINUTE, at

pytestmark = [pytest.mark.anyio, SQLITE]
BOOT = {"reason": "RemoteReset", "chargingStation": {"model": "M", "vendorName": "V"}}


async def asked(stage: Stage) -> list[str]:
    return [row[0] for row in await stage.rows(select(commands.c.type).where(commands.c.state == "queued"))]


async def waits(stage: Stage) -> None:
    """The command that began it was accepted, and waits."""
    row = {
        "id": "cmd_1", "tenant_id": 1, "station_id": 1, "type": "migrate", "body": "{}", "state": "accepted",
        "calls": "[]", "created_at": 0, "expires_at": 0, "updated_at": 0, "confirm_until": 10**18,
        "awaits": json.dumps(["csms_migration", "cmd_1"]),
    }  # fmt: skip
    await stage.db.store([], [(Statement(commands.insert().values(**row)), {})])


async def the_command(stage: Stage) -> Any:
    ((state, until, reason),) = await stage.rows(
        select(commands.c.state, commands.c.confirm_until, commands.c.reason).where(commands.c.id == "cmd_1")
    )
    return state, until, reason


@pytest.mark.parametrize(("to", "step"), [("elsewhere", "failed"), ("here", "settling")])
async def test_a_boot_here(stage: Stage, to: Any, step: Step) -> None:
    await begun(stage, at("watching", to))
    await waits(stage)
    await stage.connect()
    await stage.say("BootNotification", BOOT | {"reason": "Triggered"})
    assert (await migration(stage)).step == "watching", "that one says nothing"
    await stage.say("BootNotification", BOOT)
    assert (await migration(stage)).step == step
    assert await asked(stage) == ["continue_migration"]
    state, until, reason = await the_command(stage)
    assert (state, until == 0, "fell back" in (reason or "")) == ("accepted", step == "failed", step == "failed")


@pytest.mark.parametrize(
    ("step", "after", "asks"),
    [("network_profile", "failed", []), ("priority", "failed", ["continue_migration"]), ("reset", "watching", [])],
)
async def test_a_lost_connection(stage: Stage, step: Step, after: Step, asks: list[str]) -> None:
    await begun(stage, at(step, listed=step != "network_profile"))
    await stage.connect()

    async def put(write: Any) -> None:
        await stage.put(write)

    books = Books(BY_NAME["2.0.1"], stage.state, stage.db, stage.numbers, stage.settings, stage.write, put)
    state = await back(books)
    assert (await migration(stage)).step == after == json.loads(state.station.csms_migration or "")["step"]
    assert await asked(stage) == asks


async def test_it_stays_away(stage: Stage) -> None:
    await begun(stage, at("watching"))
    await waits(stage)
    assert await watch(stage.db, 99 * MINUTE) == 0
    assert await watch(stage.db, 100 * MINUTE) == 1
    assert ((await migration(stage)).step, (await the_command(stage))[0]) == ("done", "confirmed")
    assert await watch(stage.db, 100 * MINUTE) == 0
    await stage.connect()
    await stage.say("BootNotification", BOOT)
    assert (await migration(stage)).step == "returned"


async def test_its_transactions_end(stage: Stage) -> None:
    """It is asked once, and only while it is here."""
    await begun(stage, at("draining", listed=False))
    assert await watch(stage.db, 1) == 0
    await stage.db.store([], [(Statement(update(stations).values(connected_since=1)), {})])
    assert await watch(stage.db, 1) == 1
    assert await watch(stage.db, 1) == 0
    assert await asked(stage) == ["continue_migration"]


async def test_one_that_does_not_go_after_its_transactions(stage: Stage) -> None:
    """The command that began it says so, not only the one that went on; and it is not asked again and again."""
    await begun(stage, at("draining", listed=False, left_at=None, inoperative=True))
    await waits(stage)
    unheard = NotAnswered(CallError("InternalError", ""))
    _, outcome = await goes(stage, "2.0.1", {"type": "continue_migration"}, unheard, NOT_SET)
    assert (outcome.accepted, (await migration(stage)).step) == (False, "failed")
    assert (await the_command(stage))[1:] == (0, "NetworkConfigurationPriority: Rejected")


async def test_the_command_of_one_that_came_is_confirmed(stage: Stage) -> None:
    await begun(stage, at("settling", "here"))
    await waits(stage)
    told = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "ActiveNetworkProfile"}}
    read = {"getVariableResult": [told | {"attributeStatus": "Accepted", "attributeValue": "2"}]}
    await goes(stage, "2.0.1", {"type": "continue_migration"}, read, SET)
    assert (await the_command(stage))[0] == "confirmed"
    assert "command.confirmed" in stage.fed
