"""Variables read and written in portions that the station takes, and what becomes of each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ohmstead.blocks.command import NotAnswered, Unsupported
from ohmstead.blocks.variables import (
    AFTER_NO_ANSWER,
    NOT_SENT,
    GetVariables,
    SetVariables,
    VariableName,
    VariableValue,
)
from ohmstead.domain.device_model import Attribute, Characteristics, Item, Name, Pending, Variable, model
from ohmstead.ocpp.rpc import CallError
from ohmstead.store import device_model
from ohmstead.store.db import Db
from tests.blocks.staging import Conversation, Stage, converse

TWO = ["2.0.1", "2.1"]
ERROR = NotAnswered(CallError("InternalError", "no"))
SILENCE = NotAnswered(None)


def got(call: Any, *statuses: str) -> dict[str, Any]:
    return {"getVariableResult": [_said(one, status) for one, status in zip(call, statuses, strict=True)]}


def _said(name: Any, status: str) -> dict[str, Any]:
    return {"attributeStatus": status, **name} | ({"attributeValue": "1"} if status == "Accepted" else {})


def was_set(names: Any, *statuses: str) -> dict[str, Any]:
    return {"setVariableResult": [{"attributeStatus": one, **name} for name, one in zip(names, statuses, strict=True)]}


def wire(*variables: str, **attribute: str) -> list[dict[str, Any]]:
    return [{"component": {"name": "C"}, "variable": {"name": one}, **attribute} for one in variables]


def names(count: int) -> list[VariableName]:
    return [VariableName(component="C", variable=f"V{number}") for number in range(count)]


def values(count: int, value: str = "x") -> list[VariableValue]:
    return [VariableValue(component="C", variable=f"V{number}", value=value) for number in range(count)]


def statuses(said: Conversation) -> list[str]:
    assert said.results is not None
    return [one.status for one in said.results]


def setting(name: str, value: str, instance: str | None = None, component: str = "DeviceDataCtrlr") -> Variable:
    return Variable(
        Name(component, name, variable_instance=instance),
        (Attribute(value=value, mutability="ReadWrite"),),
        Characteristics("integer", min_limit=0, max_limit=100),
    )


# ---------------------------------------------------------------------- portions


@pytest.mark.parametrize("version", TWO)
def test_get_variables_in_portions(version: str) -> None:  # D01, B06.FR.05, TC_B_08
    first, second = wire("V0", "V1", "V2", "V3"), wire("V4")
    answers = got(first, *["Accepted"] * 4), got(second, "Accepted")
    limit = setting("ItemsPerMessage", "4", "GetVariables")
    for how in ({"known": [limit]}, {"capabilities": {"items_per_get_variables": 4}}):
        said = converse(GetVariables(variables=names(5)), version, *answers, **how)
        assert [payload["getVariableData"] for _, payload in said.requests] == [first, second]
        assert (said.outcome.accepted, said.outcome.reason) == (True, None)
        assert [one.value for one in said.results] == ["1"] * 5


@pytest.mark.parametrize("version", TWO)
def test_neither_items_nor_bytes_are_exceeded(version: str) -> None:  # D02, B05.FR.11
    limits = [setting("ItemsPerMessage", "2", "SetVariables"), setting("BytesPerMessage", "600", "SetVariables")]
    wanted = [*values(3), *values(2, "y" * 400), VariableValue(component="C", variable="Long", value="z" * 600)]
    rounds = [["V0", "V1"], ["V2", "V0"], ["V1"]]
    said = converse(
        SetVariables(variables=wanted),
        version,
        *(was_set(wire(*one), *["Accepted"] * len(one)) for one in rounds),
        known=limits,
    )
    assert [[one["variable"]["name"] for one in payload["setVariableData"]] for _, payload in said.requests] == rounds
    assert all(len(json.dumps(payload, separators=(",", ":"))) <= 600 for _, payload in said.requests)
    assert statuses(said) == ["accepted"] * 5 + ["not_sent"]
    assert said.outcome.reason == "C.Long: is longer than the 600 bytes that the station takes in one request"


@pytest.mark.parametrize("version", TWO)
def test_set_variables_names_none_twice_in_one_request(version: str) -> None:  # D03, B05.FR.13
    wanted = [
        VariableValue(component="C", variable="V", value="1"),
        VariableValue(component="c", variable="v", value="2", attribute="Actual"),
        VariableValue(component="C", variable="V", value="3", attribute="Target"),
    ]
    second = [
        {"attributeStatus": "Accepted", **wire("V")[0]},
        {"attributeStatus": "Rejected", "attributeType": "Target", **wire("V")[0]},
    ]
    said = converse(
        SetVariables(variables=wanted), version, was_set(wire("V"), "RebootRequired"), {"setVariableResult": second}
    )
    assert [[one["attributeValue"] for one in payload["setVariableData"]] for _, payload in said.requests] == [
        ["1"],
        ["2", "3"],
    ]
    assert statuses(said) == ["reboot_required", "accepted", "rejected"]
    assert (said.outcome.accepted, said.outcome.reason) == (True, "C.V: Rejected")


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
    place = {
        "component": {"name": "Connector", "instance": "left", "evse": {"id": 2, "connectorId": 1}},
        "variable": {"name": "Power", "instance": "max"},
        "attributeType": "MaxSet",
    }
    said = converse(GetVariables(variables=[name]), version, got([place], "Accepted"))
    assert said.requests[0][1]["getVariableData"] == [place]
    assert statuses(said) == ["accepted"]
    with pytest.raises(Unsupported, match="needs a component"):
        converse(GetVariables(variables=[VariableName(variable="HeartbeatInterval")]), version)


# ---------------------------------------------------------------------- what becomes of each


@pytest.mark.parametrize("version", TWO)
def test_results_in_another_order_are_each_shown_on_the_right_variable(version: str) -> None:  # D10
    answer = {
        "setVariableResult": [
            {"attributeStatus": "Rejected", **wire("v2")[0], "attributeStatusInfo": {"reasonCode": "ReadOnly"}},
            {"attributeStatus": "Accepted", **wire("V0")[0]},
            {"attributeStatus": "RebootRequired", **wire("V1")[0]},
            {"attributeStatus": "Accepted", **wire("V9")[0]},
        ]
    }
    said = converse(SetVariables(variables=values(4)), version, answer)
    assert statuses(said) == ["accepted", "reboot_required", "rejected", "unknown"]
    assert said.outcome.reason == "C.V2: Rejected: ReadOnly; C.V3: the station's answer leaves it out"


@pytest.mark.parametrize("version", TWO)
def test_what_is_refused_is_told(version: str) -> None:
    said = converse(GetVariables(variables=names(1)), version, got(wire("V0"), "Rejected"))
    assert (said.outcome.accepted, said.outcome.reason) == (False, "C.V0: Rejected")


LIMITED = {"capabilities": {"items_per_set_variables": 1, "items_per_get_variables": 1}}


def test_an_error_ends_one_request_and_the_rest_goes_on() -> None:
    good = [was_set(wire(f"V{n}"), "Accepted") for n in range(3)]
    said = converse(SetVariables(variables=values(3)), "2.0.1", good[0], ERROR, good[2], **LIMITED)
    assert statuses(said) == ["accepted", "rejected", "accepted"]
    assert said.outcome.reason == "C.V1: InternalError: no"
    said = converse(SetVariables(variables=values(2)), "2.0.1", ERROR, ERROR, **LIMITED)
    assert said.failed is ERROR
    assert statuses(said) == ["rejected", "rejected"]


def test_after_silence_nothing_more_is_sent() -> None:
    said = converse(SetVariables(variables=values(4)), "2.0.1", was_set(wire("V0"), "Accepted"), SILENCE, **LIMITED)
    assert said.failed is not None
    assert said.failed.error is None
    assert statuses(said) == ["accepted", "unknown", "not_sent", "not_sent"]
    assert said.results[3].reason == AFTER_NO_ANSWER
    assert [one.variable for one in said.results] == ["V0", "V1", "V2", "V3"]


def test_a_line_that_dies_between_two_requests() -> None:
    unsent = NotAnswered(None, sent=False)
    said = converse(SetVariables(variables=values(4)), "2.0.1", was_set(wire("V0"), "Accepted"), unsent, **LIMITED)
    assert said.failed is not None
    assert statuses(said) == ["accepted", "not_sent", "not_sent", "not_sent"]
    assert said.results[1].reason == NOT_SENT


def test_what_the_station_would_refuse_is_not_sent() -> None:
    known = [setting("V0", "1", component="C"), setting("V1", "1", component="C")]
    wanted = [
        VariableValue(component="C", variable="V0", value="101"),
        VariableValue(component="C", variable="V1", value="50"),
        VariableValue(component="C", variable="V2", value="x" * 1001),
    ]
    said = converse(SetVariables(variables=wanted), "2.0.1", was_set(wire("V1"), "Accepted"), known=known)
    assert statuses(said) == ["not_sent", "accepted", "not_sent"]
    assert said.outcome.reason == (
        "C.V0: C.V0 takes at most 100, not 101; C.V2: C.V2 takes at most 1000 characters, not 1001"
    )
    said = converse(SetVariables(variables=wanted[:1]), "2.1", known=known)
    assert (said.requests, said.outcome.accepted) == ([], False)


def test_a_secret_is_not_shown_in_results() -> None:
    name = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    wanted = VariableValue(component="SecurityCtrlr", variable="BasicAuthPassword", value="secret")
    said = converse(SetVariables(variables=[wanted]), "2.0.1", was_set([name], "Accepted"))
    assert (said.results[0].status, said.results[0].value) == ("accepted", None)


# ---------------------------------------------------------------------- 1.6


def test_variables_of_1_6_are_keys() -> None:
    wanted = [VariableName(variable=name) for name in ("HeartbeatInterval", "Foo")]
    answer = {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}],
        "unknownKey": ["Foo"],
    }
    said = converse(GetVariables(variables=wanted), "1.6", answer)
    assert said.requests == [("GetConfiguration", {"key": ["HeartbeatInterval", "Foo"]})]
    assert (said.outcome.accepted, said.outcome.reason) == (True, "Foo: UnknownKey")
    assert said.results[0].value == "300"
    changes = [VariableValue(variable=name, value="1") for name in ("A", "B", "C")]
    answers = [{"status": status} for status in ("Accepted", "RebootRequired", "NotSupported")]
    said = converse(SetVariables(variables=changes), "1.6", *answers)
    assert said.requests[0] == ("ChangeConfiguration", {"key": "A", "value": "1"})
    assert statuses(said) == ["accepted", "reboot_required", "rejected"]
    assert (said.outcome.accepted, said.outcome.reason) == (True, "C: NotSupported")


def test_a_variable_of_2_x_is_the_key_it_is_in_1_6() -> None:
    wanted = [
        VariableValue(component="OCPPCommCtrlr", variable="HeartbeatInterval", value="60"),
        VariableValue(component="SecurityCtrlr", variable="OrganizationNam", value="x"),
        VariableValue(variable="HeartbeatInterval", value="60", attribute="Target"),
    ]
    said = converse(SetVariables(variables=wanted), "1.6", {"status": "Accepted"})
    assert said.requests == [("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"})]
    assert statuses(said) == ["accepted", "not_sent", "not_sent"]


def test_keys_in_portions() -> None:
    wanted = [VariableName(variable=f"K{n}") for n in range(3)]
    answers = [
        {"configurationKey": [{"key": f"K{n}", "readonly": False, "value": "1"} for n in some]}
        for some in ([0, 1], [2])
    ]
    known = [setting("ItemsPerMessage", "2", "GetVariables")]
    said = converse(GetVariables(variables=wanted), "1.6", *answers, known=known)
    assert [payload for _, payload in said.requests] == [{"key": ["K0", "K1"]}, {"key": ["K2"]}]


# ---------------------------------------------------------------------- what answers teach


async def model_of(db: Db) -> dict[str, Variable]:
    return {one.name.variable: one for one in await device_model.load(db, 1)}


@pytest.mark.anyio
async def test_what_is_read_is_known(stage: Stage) -> None:
    asked = {"getVariableData": wire("A", "B", "C")}
    answer = got(wire("a", "B", "C"), "Accepted", "Accepted", "Rejected")
    await stage.learn("GetVariables", asked, answer)
    known = await model_of(stage.db)
    assert {name: one.attributes for name, one in known.items()} == {
        name: (Attribute(value="1", updated_at=stage.now, source="get"),) for name in ("a", "B")
    }
    assert stage.fed == ["device_model.changed"]
    await stage.learn("GetVariables", asked, answer)
    assert stage.fed == ["device_model.changed"]  # nothing is new


@pytest.mark.anyio
async def test_what_was_written_is_known_and_what_waits_for_a_reboot(stage: Stage) -> None:
    asked = {"setVariableData": [one | {"attributeValue": "5"} for one in wire("A", "B", "C")]}
    await stage.learn("SetVariables", asked, was_set(wire("A", "B", "C"), "Accepted", "RebootRequired", "Rejected"))
    known = await model_of(stage.db)
    assert known["A"].attributes == (Attribute(value="5", updated_at=stage.now, source="set"),)
    assert known["B"].attributes == (Attribute(pending=Pending("5", stage.now)),)
    assert "C" not in known
    assert list(await device_model.load_pending(stage.db, 1)) == [known["B"]]


@pytest.mark.anyio
async def test_what_an_error_teaches_is_nothing(stage: Stage) -> None:
    for action, asked, version in [
        ("GetVariables", {"getVariableData": wire("A")}, "2.0.1"),
        ("SetVariables", {"setVariableData": [wire("A")[0] | {"attributeValue": "5"}]}, "2.1"),
        ("GetConfiguration", {}, "1.6"),
        ("ChangeConfiguration", {"key": "A", "value": "1"}, "1.6"),
    ]:
        await stage.learn(action, asked, None, version)
    assert await model_of(stage.db) == {}


@pytest.mark.anyio
async def test_odd_answers_are_findings(stage: Stage) -> None:  # GetVariables answered Accepted without a value
    odd = {"getVariableResult": [{"attributeStatus": "Accepted", **one} for one in wire("A", "X")]}
    await stage.learn("GetVariables", {"getVariableData": wire("A")}, odd)
    assert sorted(row["code"] for row in await stage.findings()) == ["accepted_without_value", "result_not_asked"]
    assert await model_of(stage.db) == {}


@pytest.mark.anyio
async def test_the_keys_of_a_1_6_station(stage: Stage) -> None:
    def keys(**given: str) -> dict[str, Any]:
        return {"configurationKey": [{"key": key, "readonly": False, "value": value} for key, value in given.items()]}

    await stage.learn("GetConfiguration", {}, keys(HeartbeatInterval="300", Own="1", Old="1"), "1.6")
    known = await device_model.load(stage.db, 1)
    assert known.report.complete
    assert known.value(Name("OCPPCommCtrlr", "HeartbeatInterval")) == "300"
    assert known.value(Name("Ocpp16", "Own")) == "1"
    await stage.learn("GetConfiguration", {"key": ["Own", "New", "Not"]}, keys(Own="2", New="3"), "1.6")
    await stage.learn("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}, {"status": "Accepted"}, "1.6")
    await stage.learn("GetConfiguration", {}, keys(HeartbeatInterval="60", Own="2"), "1.6")
    known = await device_model.load(stage.db, 1)
    assert {one.name.variable: one.attributes[0].value for one in known} == {
        "HeartbeatInterval": "60",
        "Own": "2",
        "New": "3",  # it shows only when it is asked for by name
    }


@pytest.mark.anyio
async def test_a_command_knows_what_it_needs(stage: Stage) -> None:
    known = [setting("V0", "1", component="C"), setting("ItemsPerMessage", "7", "GetVariables"), setting("Other", "1")]
    await stage.know(*known)
    for command in (GetVariables(variables=names(2)), SetVariables(variables=values(2))):
        ask = stage.ask()
        await command.prepare(ask, stage.db)
        assert ask.known == model(known[:2])
    assert Item(Name("C", "V0")).key == names(1)[0].item.key
