"""Events of monitors raise alerts and end them; whatever comes, the answer is empty (N07, N08)."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain.device_model import Attribute, Name, Variable
from ohmstead.store import device_model, monitors
from ohmstead.store.alerts import load_open
from tests.blocks.staging import SQLITE, Stage

pytestmark = pytest.mark.anyio
AT = "2025-11-24T15:00:00Z"
NAME = Name("EVSE", "Temperature", evse_id=1)


def event(id: int = 1, **fields: Any) -> dict[str, Any]:
    known = {
        "eventId": id, "timestamp": AT, "trigger": "Alerting", "actualValue": "91", "variableMonitoringId": 7,
        "eventNotificationType": "CustomMonitor", "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "Temperature"},
    }  # fmt: skip
    return {name: value for name, value in (known | fields).items() if value is not None}


async def say(stage: Stage, *events: dict[str, Any], version: str = "2.0.1") -> list[str]:
    """What the feed was told by it."""
    before = len(stage.fed)
    words = {"generatedAt": AT, "seqNo": 0, "eventData": list(events)}
    assert await stage.say("NotifyEvent", words, version) == {}
    return stage.fed[before:]


async def firing(stage: Stage) -> list[tuple[str, int]]:
    return [(one.code, one.severity) for one in (await load_open(stage.db, 1, 1)).values()]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_d15_raised_then_cleared(stage: Stage, version: str) -> None:
    assert await say(stage, event(), version=version) == ["alert.firing"]
    assert await say(stage, event(2, actualValue="95"), version=version) == []
    assert await firing(stage) == [("EVSE.Temperature", 5)]
    assert await say(stage, event(3, actualValue="60", cleared=True), version=version) == ["alert.resolved"]
    assert await firing(stage) == []
    assert await say(stage, event(4, cleared=True), version=version) == []


async def test_the_severity_is_the_monitors_or_what_2_1_says(stage: Stage) -> None:
    from ohmstead.domain.monitors import Monitor

    one = Monitor(id=7, name=NAME, type="UpperThreshold", value=80, severity=2)
    await stage.db.store([], await monitors.put(stage.db, 1, 1, [one]))
    await say(stage, event())
    await say(stage, event(2, variableMonitoringId=8, severity=0), version="2.1")
    await say(stage, event(3, variable={"name": "Other"}))  # 7 watches something else
    assert sorted(await firing(stage)) == [("EVSE.Other", 5), ("EVSE.Temperature", 0), ("EVSE.Temperature", 2)]


@SQLITE
async def test_several_in_one_message_and_in_their_order(stage: Stage) -> None:
    told = await say(stage, event(1), event(2, cleared=True), event(3, variableMonitoringId=8), event(4))
    assert told == ["alert.firing", "alert.resolved", "alert.firing", "alert.firing"]
    assert len(await firing(stage)) == 2


@SQLITE
async def test_d16_what_the_hardware_tells_of_what_nobody_knows(stage: Stage) -> None:
    said = event(
        component={"name": "FluxCapacitor"}, variable={"name": "Charge"}, variableMonitoringId=None,
        eventNotificationType="HardWiredNotification",
    )  # fmt: skip
    assert await say(stage, said) == ["alert.firing"]
    (alert,) = (await load_open(stage.db, 1, 1)).values()
    assert (alert.code, alert.latched, alert.detail["value"]) == ("FluxCapacitor.Charge", True, "91")


@SQLITE
async def test_values_are_taken_over_and_are_no_alerts(stage: Stage) -> None:
    await stage.know(Variable(NAME, (Attribute(value="20"),)))
    assert await say(stage, event(trigger="Periodic", actualValue="21"), event(2, trigger="Delta")) == []
    model = await device_model.load(stage.db, 1)
    assert model.value(NAME) == "91"


@SQLITE
async def test_a_problem_is_an_alert_while_it_is_true(stage: Stage) -> None:
    lock = {"component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}}}
    said = event(**lock, variable={"name": "Problem"}, trigger="Delta", actualValue="true", variableMonitoringId=None)
    assert await say(stage, said) == ["alert.firing"]  # G05.FR.03
    assert await say(stage, said | {"actualValue": "false"}) == ["alert.resolved"]
