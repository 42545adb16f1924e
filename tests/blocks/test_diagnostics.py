"""NotifyEvent: a connector's AvailabilityState is its status, everything else is answered too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.blocks.staging import SQLITE, Stage

NOW = "2025-11-24T16:00:00.000Z"


def notify(component: str, value: str, evse: Any = None, variable: str = "AvailabilityState") -> dict[str, Any]:
    where: dict[str, Any] = {"name": component}
    if evse is not None:
        where["evse"] = evse
    event = {
        "eventId": 1,
        "timestamp": NOW,
        "trigger": "Delta",
        "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": where,
        "variable": {"name": variable},
    }
    return {"generatedAt": NOW, "seqNo": 0, "eventData": [event]}


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_d18_a_connector_without_status_notification(stage: Stage, version: str) -> None:  # G01.FR.03
    said = notify("Connector", "Occupied", {"id": 2, "connectorId": 1})
    assert await stage.say("NotifyEvent", said, version) == {}
    assert stage.state.connectors[2, 1].status == "Occupied"
    assert ("status", "2", "1") in stage.happened
    assert [(kind, data["evse_id"], data["connector_id"]) for kind, data in stage.told] == [
        ("connector.status_changed", 2, 1)
    ]


@SQLITE
@pytest.mark.anyio
async def test_evse_and_station(stage: Stage) -> None:
    await stage.say("NotifyEvent", notify("evse", "Faulted", {"id": 2}))
    await stage.say("NotifyEvent", notify("ChargingStation", "Unavailable"))
    assert {place: one.status for place, one in stage.state.connectors.items()} == {
        (2, 0): "Faulted",
        (0, 0): "Unavailable",
    }


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize(
    "said",
    [
        notify("Connector", "Occupied"),
        notify("Connector", "Sleeping", {"id": 2, "connectorId": 1}),
        notify("NeverHeardOf", "Faulted", {"id": 2, "connectorId": 1}),
        notify("Connector", "true", {"id": 2, "connectorId": 1}, "Problem"),
    ],
)
async def test_d16_anything_else_is_answered(stage: Stage, said: Any) -> None:  # N07.FR.03
    assert await stage.say("NotifyEvent", said) == {}
    assert stage.state.connectors == {}
