"""Monitors are asked for once a station told that it can have any, and after each boot."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.domain.device_model import Attribute, Name, Variable
from ohmstead.settings import Settings, Stations
from ohmstead.store.tables import commands
from tests.blocks.staging import SQLITE, Stage
from tests.blocks.test_monitor_reports import ask, part

pytestmark = pytest.mark.anyio
BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V", "firmwareVersion": "1"}}


async def asked_for(stage: Stage) -> int:
    rows = await stage.rows(select(commands.c.type).where(commands.c.type == "get_monitoring_report"))
    return len(rows)


async def boots(stage: Stage, firmware: str = "1") -> int:
    """How many reports were asked for in all after one more boot."""
    station = {**BOOT["chargingStation"], "firmwareVersion": firmware}  # type: ignore[dict-item]
    await stage.say("BootNotification", {**BOOT, "chargingStation": station})
    return await asked_for(stage)


def lets_ask(stage: Stage, monkeypatch: pytest.MonkeyPatch, *calls: str) -> None:
    stage.settings = Settings(stations=Stations(unasked_calls=calls))  # type: ignore[arg-type]


async def test_d17_monitors_are_read_again_after_a_boot(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    lets_ask(stage, monkeypatch, "monitors")
    assert await boots(stage) == 0  # nothing says that it has any
    await stage.say("NotifyMonitoringReport", part(0, 1))
    assert await boots(stage) == 1
    lets_ask(stage, monkeypatch)
    assert await boots(stage) == 1


async def test_a_station_that_says_it_can_is_asked_but_not_for_ever(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lets_ask(stage, monkeypatch, "monitors")
    await stage.know(Variable(Name("MonitoringCtrlr", "Available"), (Attribute(value="true"),)))
    assert [await boots(stage) for _ in range(5)] == [1, 2, 3, 3, 3]
    assert await boots(stage, "2") == 4  # another firmware may do better
    await ask(stage)
    await stage.say("NotifyMonitoringReport", part(0, 1))
    assert [await boots(stage, "2") for _ in range(3)] == [5, 6, 7]


@SQLITE
@pytest.mark.parametrize(("value", "times"), [("true", 1), ("false", 0)])
async def test_the_first_time_after_its_first_report(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, value: str, times: int
) -> None:
    lets_ask(stage, monkeypatch, "monitors")
    said: dict[str, Any] = {
        "component": {"name": "MonitoringCtrlr"},
        "variable": {"name": "Available"},
        "variableAttribute": [{"value": value, "mutability": "ReadOnly"}],
    }
    for request in (8, 9):  # once, however often it tells
        asked = {"requestId": request, "reportBase": "FullInventory"}
        await stage.learn("GetBaseReport", asked, {"status": "Accepted"})
        report = {"requestId": request, "seqNo": 0, "generatedAt": "2025-11-24T15:00:00Z", "reportData": [said]}
        await stage.say("NotifyReport", report)
        assert await asked_for(stage) == times
