"""Heartbeat, connector status from three kinds of messages, and ChangeAvailability."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.blocks.availability import Availability
from ohmstead.blocks.command import Unsupported
from ohmstead.store.tables import connectors
from tests.blocks.staging import SQLITE, Stage, converse

TWO = ["2.0.1", "2.1"]
NOW = "2025-11-24T16:00:00.000Z"


def status(word: str, evse: int = 1, connector: int = 1, at: str = NOW) -> dict[str, Any]:
    return {"timestamp": at, "connectorStatus": word, "evseId": evse, "connectorId": connector}


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize("version", ["1.6", *TWO])
async def test_heartbeat(stage: Stage, version: str) -> None:
    assert await stage.say("Heartbeat", {}, version) == {"currentTime": NOW}
    assert stage.happened == [("message", "Heartbeat")]
    assert not stage.call.write


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize("version", TWO)
async def test_a_status_is_stored_and_told_when_it_changes(stage: Stage, version: str) -> None:
    assert await stage.say("StatusNotification", status("Available"), version) == {}
    assert stage.happened == [("status", "1", "1"), ("message", "StatusNotification", "1", "1")]
    assert [data["status"] for _, data in stage.told] == ["Available"]
    await stage.say("StatusNotification", status("Available"), version)
    assert stage.told == []
    await stage.say("StatusNotification", status("Occupied", at="2025-11-24T15:00:00Z"), version)  # it was queued
    assert stage.told == []
    await stage.say("StatusNotification", status("Occupied"), version)
    assert [(data["status"], data["previous"]) for _, data in stage.told] == [("Occupied", "Available")]
    assert [row[0] for row in await stage.rows(select(connectors.c.status))] == ["Occupied"]


@SQLITE
@pytest.mark.anyio
async def test_connector_n_of_1_6_is_evse_n(stage: Stage) -> None:
    for connector, word in [(0, "Available"), (1, "Charging"), (2, "Faulted")]:
        error = "GroundFailure" if word == "Faulted" else "NoError"
        said = {"connectorId": connector, "errorCode": error, "status": word}
        assert await stage.say("StatusNotification", said, "1.6") == {}
    assert stage.told[0][1]["error_code"] == "GroundFailure"
    columns = (connectors.c.evse_id, connectors.c.connector_id, connectors.c.status, connectors.c.error_code)
    assert sorted(tuple(row) for row in await stage.rows(select(*columns))) == [
        (0, 0, "Available", None),
        (1, 1, "Charging", None),
        (2, 1, "Faulted", "GroundFailure"),
    ]


CHANGES = [
    ("1.6", {"operative": False}, {"connectorId": 0, "type": "Inoperative"}, ("status",)),
    ("1.6", {"operative": True, "evse_id": 2}, {"connectorId": 2, "type": "Operative"}, ("status", "2")),
    ("2.0.1", {"operative": False}, {"operationalStatus": "Inoperative"}, ("status",)),
    (
        "2.0.1",
        {"operative": True, "evse_id": 2},
        {"operationalStatus": "Operative", "evse": {"id": 2}},
        ("status", "2"),
    ),
    (
        "2.1",
        {"operative": True, "evse_id": 2, "connector_id": 1},
        {"operationalStatus": "Operative", "evse": {"id": 2, "connectorId": 1}},
        ("status", "2", "1"),
    ),
]


@pytest.mark.parametrize(("version", "fields", "payload", "expects"), CHANGES)
def test_change_availability(version: str, fields: Any, payload: Any, expects: tuple[str, ...]) -> None:
    """The presence of evse and connectorId is exact (TC_G_03 to TC_G_17)."""
    for word, good in [("Accepted", True), ("Scheduled", True), ("Rejected", False)]:
        said = converse(Availability(**fields), version, {"status": word})
        assert said.requests == [("ChangeAvailability", payload)]
        assert said.outcome.accepted is good
        assert said.outcome.expects == (expects if good else None)


@pytest.mark.parametrize(
    ("version", "fields"), [("1.6", {"evse_id": 1, "connector_id": 2}), ("2.0.1", {"connector_id": 1})]
)
def test_what_cannot_be_said(version: str, fields: Any) -> None:
    with pytest.raises(Unsupported):
        converse(Availability(operative=True, **fields), version)
