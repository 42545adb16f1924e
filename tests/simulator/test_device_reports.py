from __future__ import annotations

from typing import Any

import pytest

from ohmstead.simulator.persona import load


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


def full(station: Any) -> list[dict[str, Any]]:
    station.call("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})
    found: list[dict[str, Any]] = station.csms.of("NotifyReport")
    return found


def test_tbc_is_always_said_or_only_where_it_is_true(bench: Any) -> None:
    ordinary, terse = full(bench("2.0.1").up()), full(bench("2.0.1", traits=load("report-without-tbc")).up())
    assert [part["tbc"] for part in ordinary] == [True] * (len(ordinary) - 1) + [False]
    assert [part.get("tbc") for part in terse] == [True] * (len(terse) - 1) + [None]
    assert max(len(part["reportData"]) for part in terse) == 7


def test_what_is_not_set_may_have_no_value(bench: Any) -> None:
    item = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "FileTransferProtocols"}}
    terse = bench("2.0.1", traits=load("accepted-without-value")).up()
    asked = {"getVariableData": [item, item]}
    assert bench("2.0.1").up().call("GetVariables", asked)["getVariableResult"][1]["attributeValue"] == ""
    assert terse.call("GetVariables", asked) == {"getVariableResult": [{**item, "attributeStatus": "Accepted"}]}


def test_other_trees(bench: Any) -> None:
    flat = bench("2.0.1", traits=load("tree-flat-ac")).up()
    items = [item for part in full(flat) for item in part["reportData"]]
    assert not {item["component"]["name"] for item in items} & {"EVSE", "Connector"}
    outlets = [item["component"]["instance"] for item in items if item["component"]["name"] == "Outlet"]
    assert outlets == ["Left", "Right"]
    gone = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
    (result,) = flat.call("GetVariables", {"getVariableData": [gone]})["getVariableResult"]
    assert result["attributeStatus"] == "UnknownComponent"
    left = {"component": {"name": "Outlet", "instance": "left"}, "variable": {"name": "AvailabilityState"}}
    (result,) = flat.call("GetVariables", {"getVariableData": [left]})["getVariableResult"]
    assert result["attributeValue"] == "Available"
    modular = bench("2.0.1", traits=load("tree-modular-dc")).up()
    asked = {"component": {"name": "PowerConverter"}, "variable": {"name": "Temperature"}}
    modular.call("GetReport", {"requestId": 2, "componentVariable": [asked]})
    found = [item["component"] for item in modular.csms.of("NotifyReport")[-1]["reportData"]]
    assert [component["evse"]["id"] for component in found] == [1, 1, 2]
