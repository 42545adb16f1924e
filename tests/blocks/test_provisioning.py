"""Boot, reset, and variables in portions that the station takes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.provisioning import GetVariables, Reset, SetVariables, VariableName, VariableValue
from ohmstead.store.tables import stations
from tests.blocks.staging import SQLITE, Stage, converse

TWO = ["2.0.1", "2.1"]
BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V", "serialNumber": "7"}}
BOOT_16 = {"chargePointModel": "M", "chargePointVendor": "V", "chargeBoxSerialNumber": "7"}


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize(("version", "payload"), [("1.6", BOOT_16), ("2.0.1", BOOT), ("2.1", BOOT)])
async def test_boot(stage: Stage, version: str, payload: Any) -> None:
    answer = await stage.say("BootNotification", payload, version)
    assert answer == {"currentTime": "2025-11-24T16:00:00.000Z", "interval": 300, "status": "Accepted"}
    assert stage.happened == [("boot",), ("message", "BootNotification")]
    (kind, data) = stage.told[0]
    assert kind == "station.booted"
    assert (data["vendor"], data["model"], data["serial_number"]) == ("V", "M", "7")
    assert stage.state.station.booted_at is not None
    columns = (stations.c.vendor, stations.c.model, stations.c.boot_serial_number, stations.c.ocpp_version)
    assert [tuple(row) for row in await stage.rows(select(*columns))] == [("V", "M", "7", version)]


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize("registration", ["pending", "rejected"])
async def test_boot_of_a_station_that_is_not_accepted(stage: Stage, registration: str) -> None:
    await stage.enter(2, registration=registration)
    answer = await stage.say("BootNotification", BOOT)
    assert (answer["status"], answer["interval"]) == (registration.capitalize(), 10)


@SQLITE
@pytest.mark.anyio
async def test_the_last_part_confirms_a_report(stage: Stage) -> None:
    part = {"requestId": 5, "generatedAt": "2025-11-24T16:00:00Z", "seqNo": 0, "tbc": True}
    assert await stage.say("NotifyReport", part) == {}
    assert ("report", "5") not in stage.happened
    assert await stage.say("NotifyReport", part | {"seqNo": 1, "tbc": False}) == {}
    assert ("report", "5") in stage.happened


RESETS = [
    ("1.6", {"when": "immediately"}, {"type": "Hard"}),
    ("1.6", {"when": "idle"}, {"type": "Soft"}),
    ("2.0.1", {"when": "immediately"}, {"type": "Immediate"}),
    ("2.0.1", {"when": "idle", "evse_id": 2}, {"type": "OnIdle", "evseId": 2}),
    ("2.1", {"when": "immediately_and_resume"}, {"type": "ImmediateAndResume"}),
]


@pytest.mark.parametrize(("version", "fields", "payload"), RESETS)
def test_reset(version: str, fields: Any, payload: Any) -> None:
    said = converse(Reset(**fields), version, {"status": "Accepted"})
    assert said.requests == [("Reset", payload)]
    assert said.outcome.expects == (("status", "2") if "evse_id" in fields else ("boot",))
    assert said.outcome.window == 600
    assert converse(Reset(**fields), version, {"status": "Rejected"}).outcome.expects is None


@pytest.mark.parametrize(
    ("version", "fields"),
    [
        ("1.6", {"evse_id": 1}),
        ("1.6", {"when": "immediately_and_resume"}),
        ("2.0.1", {"when": "immediately_and_resume"}),
    ],
)
def test_what_a_version_cannot_reset(version: str, fields: Any) -> None:
    with pytest.raises(Unsupported):
        converse(Reset(**fields), version)


def got(*statuses: str) -> dict[str, Any]:
    place = {"component": {"name": "C"}, "variable": {"name": "V"}}
    return {"getVariableResult": [{"attributeStatus": status, **place} for status in statuses]}


def set_(*statuses: str) -> dict[str, Any]:
    place = {"component": {"name": "C"}, "variable": {"name": "V"}}
    return {"setVariableResult": [{"attributeStatus": status, **place} for status in statuses]}


@pytest.mark.parametrize("version", TWO)
def test_get_variables_in_portions(version: str) -> None:  # B06.FR.05, TC_B_08
    names = [VariableName(component="C", variable=f"V{number}") for number in range(5)]
    good = ["Accepted"] * 4
    said = converse(
        GetVariables(variables=names), version, got(*good), got("Accepted"), capabilities={"items_per_get_variables": 4}
    )
    assert [len(payload["getVariableData"]) for _, payload in said.requests] == [4, 1]
    assert (said.outcome.accepted, said.outcome.reason) == (True, None)
    said = converse(GetVariables(variables=names), version, got("UnknownVariable", *good))
    assert (said.outcome.accepted, said.outcome.reason) == (True, "C.V: UnknownVariable")
    said = converse(GetVariables(variables=names[:1]), version, got("Rejected"))
    assert said.outcome.accepted is False


@pytest.mark.parametrize("version", TWO)
def test_the_whole_name_of_a_variable(version: str) -> None:
    name = VariableName(
        component="Connector",
        component_instance="left",
        evse_id=2,
        connector_id=1,
        variable="Power",
        variable_instance="max",
        attribute="MaxSet",
    )
    said = converse(GetVariables(variables=[name]), version, got("Accepted"))
    assert said.requests[0][1]["getVariableData"] == [
        {
            "component": {"name": "Connector", "instance": "left", "evse": {"id": 2, "connectorId": 1}},
            "variable": {"name": "Power", "instance": "max"},
            "attributeType": "MaxSet",
        }
    ]
    with pytest.raises(Unsupported, match="needs a component"):
        converse(GetVariables(variables=[VariableName(variable="HeartbeatInterval")]), version)


@pytest.mark.parametrize("version", TWO)
def test_set_variables_names_none_twice_in_one_request(version: str) -> None:  # B05.FR.13
    values = [
        VariableValue(component="C", variable="V", value="1"),
        VariableValue(component="C", variable="V", value="2", attribute="Actual"),
        VariableValue(component="C", variable="V", value="3", attribute="Target"),
    ]
    said = converse(SetVariables(variables=values), version, set_("RebootRequired", "Rejected"))
    sent = said.requests[0][1]["setVariableData"]
    assert [(one["attributeValue"], one.get("attributeType", "Actual")) for one in sent] == [
        ("2", "Actual"),
        ("3", "Target"),
    ]
    assert (said.outcome.accepted, said.outcome.reason) == (True, "C.V: Rejected")


@pytest.mark.parametrize("version", TWO)
def test_set_variables_in_portions(version: str) -> None:
    values = [VariableValue(component="C", variable=f"V{number}", value="x") for number in range(3)]
    said = converse(
        SetVariables(variables=values),
        version,
        set_("Accepted"),
        set_("Accepted"),
        set_("Accepted"),
        capabilities={"items_per_set_variables": 1},
    )
    assert len(said.requests) == 3


def test_variables_of_1_6_are_keys() -> None:
    names = [VariableName(variable=name) for name in ("HeartbeatInterval", "Foo")]
    answer = {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}],
        "unknownKey": ["Foo"],
    }
    said = converse(GetVariables(variables=names), "1.6", answer)
    assert said.requests == [("GetConfiguration", {"key": ["HeartbeatInterval", "Foo"]})]
    assert (said.outcome.accepted, said.outcome.reason) == (True, "Foo: UnknownKey")
    values = [VariableValue(variable=name, value="1") for name in ("A", "B", "C")]
    statuses = ("Accepted", "RebootRequired", "NotSupported")
    said = converse(SetVariables(variables=values), "1.6", *({"status": status} for status in statuses))
    assert said.requests[0] == ("ChangeConfiguration", {"key": "A", "value": "1"})
    assert (said.outcome.accepted, said.outcome.reason) == (True, "C: NotSupported")
