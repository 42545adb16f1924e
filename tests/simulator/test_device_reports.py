from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def station(bench: Any) -> Any:
    return bench("2.0.1").up()


def item(component: str, variable: str, instance: str | None = None, **more: Any) -> dict[str, Any]:
    name = {"name": variable, **({"instance": instance} if instance else {})}
    return {"component": {"name": component}, "variable": name, **more}


def test_reading(station: Any) -> None:
    asked = [
        item("OCPPCommCtrlr", "heartbeatinterval"),
        item("ClockCtrlr", "DateTime", attributeType="Actual"),
        item("SecurityCtrlr", "BasicAuthPassword"),
        item("SecurityCtrlr", "Nonsense"),
        item("Nonsense", "Available"),
        item("OCPPCommCtrlr", "HeartbeatInterval", attributeType="Target"),
        {
            "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
            "variable": {"name": "ConnectorType"},
        },
    ]
    results = station.call("GetVariables", {"getVariableData": asked})["getVariableResult"]
    assert [result["attributeStatus"] for result in results] == [
        "Accepted",
        "Accepted",
        "Rejected",
        "UnknownVariable",
        "UnknownComponent",
        "NotSupportedAttributeType",
        "Accepted",
    ]
    assert results[0]["attributeValue"] == "300"
    assert results[1]["attributeValue"].endswith("Z")
    assert results[6]["attributeValue"] == "cType2"


def test_too_many_items_are_refused(station: Any) -> None:
    many = [item("OCPPCommCtrlr", "HeartbeatInterval")] * 51
    assert station.call("GetVariables", {"getVariableData": many}) == ("error", "OccurrenceConstraintViolation")


def test_writing_has_an_effect(station: Any) -> None:
    writes = [
        item("OCPPCommCtrlr", "HeartbeatInterval", attributeValue="20"),
        item("OCPPCommCtrlr", "OfflineThreshold", attributeValue="20"),
        item("Nonsense", "Nonsense", attributeValue="20"),
    ]
    results = station.call("SetVariables", {"setVariableData": writes})["setVariableResult"]
    assert [result["attributeStatus"] for result in results] == ["Accepted", "Rejected", "UnknownComponent"]
    station.run(41)
    assert len(station.csms.of("Heartbeat")) == 2


@pytest.mark.parametrize("base", ["FullInventory", "ConfigurationInventory", "SummaryInventory"])
def test_base_reports(station: Any, base: str) -> None:
    assert station.call("GetBaseReport", {"requestId": 3, "reportBase": base}) == {"status": "Accepted"}
    parts = station.csms.of("NotifyReport")
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part.get("tbc", False) for part in parts] == [True] * (len(parts) - 1) + [False]
    entries = [entry for part in parts for entry in part["reportData"]]
    names = {(entry["component"]["name"], entry["variable"]["name"]) for entry in entries}
    assert (("ClockCtrlr", "DateTime") in names) == (base == "FullInventory")
    mutabilities = {entry["variableAttribute"][0]["mutability"] for entry in entries}
    assert ("ReadOnly" in mutabilities) == (base != "ConfigurationInventory")


def test_a_chosen_report(station: Any) -> None:
    words = {"requestId": 4, "componentVariable": [{"component": {"name": "EVSE"}, "variable": {"name": "Power"}}]}
    assert station.call("GetReport", words) == {"status": "Accepted"}
    entries = station.csms.of("NotifyReport")[-1]["reportData"]
    assert [entry["component"]["evse"]["id"] for entry in entries] == [1, 2]
    assert entries[0]["variableCharacteristics"]["maxLimit"] == 22_080
    words["componentVariable"][0]["component"]["name"] = "Nonsense"
    assert station.call("GetReport", words) == {"status": "EmptyResultSet"}
