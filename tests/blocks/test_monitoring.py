"""Monitors set and cleared in portions that the station takes, and what becomes of each (N03 to N06)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ohmstead.blocks.command import NotAnswered, Unsupported
from ohmstead.blocks.monitoring import (
    ClearVariableMonitoring,
    NewMonitor,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetVariableMonitoring,
    Stream,
)
from ohmstead.domain.device_model import Attribute, Name, Variable
from ohmstead.ocpp.rpc import CallError
from ohmstead.store import monitors
from tests.blocks.staging import Conversation, Stage, converse

pytestmark = pytest.mark.anyio
TWO = ["2.0.1", "2.1"]


def monitor(number: int = 0, **fields: Any) -> NewMonitor:
    known = {"component": "EVSE", "evse_id": 1, "variable": f"V{number}", "type": "UpperThreshold"}
    return NewMonitor(**(known | {"value": 80.0, "severity": 3} | fields))


def place(number: int = 0) -> dict[str, Any]:
    return {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": f"V{number}"}}


def set_so(*said: tuple[int, str], **fields: Any) -> dict[str, Any]:
    """The answer for V<number>, each with the status; accepted ones get the number 100 + n."""
    results = []
    for number, status in said:
        id = {"id": 100 + number} if status == "Accepted" else {}
        results.append({"status": status, "type": "UpperThreshold", "severity": 3, **place(number), **id, **fields})
    return {"setMonitoringResult": results}


def cleared_so(**said: str) -> dict[str, Any]:
    return {"clearMonitoringResult": [{"id": int(id[1:]), "status": status} for id, status in said.items()]}


def takes(action: str, most: int) -> Variable:
    name = Name("MonitoringCtrlr", "ItemsPerMessage", variable_instance=action)
    return Variable(name, (Attribute(value=str(most)),))


def results(said: Conversation) -> list[tuple[str, int | None, str | None]]:
    assert said.results is not None
    return [(one.status, one.monitor_id, one.reason) for one in said.results]


@pytest.mark.parametrize("version", TWO)
def test_set(version: str) -> None:
    said = converse(SetVariableMonitoring(monitors=[monitor(transaction=True)]), version, set_so((0, "Accepted")))
    assert said.requests == [
        (
            "SetVariableMonitoring",
            {
                "setMonitoringData": [
                    {"value": 80.0, "type": "UpperThreshold", "severity": 3, "transaction": True, **place()}
                ]
            },
        )
    ]
    assert said.outcome.accepted
    assert results(said) == [("accepted", 100, None)]
    (one,) = said.results
    assert (one.component, one.evse_id, one.variable, one.value, one.monitor_type) == (
        "EVSE",
        1,
        "V0",
        80.0,
        "UpperThreshold",
    )


def test_each_has_its_own_result_in_whatever_order_they_come() -> None:
    answer = set_so((2, "UnknownVariable"), (1, "Duplicate"), (0, "Accepted"))
    said = converse(SetVariableMonitoring(monitors=[monitor(n) for n in range(4)]), "2.0.1", answer)
    assert results(said) == [
        ("accepted", 100, None),
        ("rejected", None, "Duplicate"),
        ("rejected", None, "UnknownVariable"),
        ("unknown", None, "the station's answer leaves it out"),
    ]
    assert said.outcome.accepted
    assert said.outcome.reason.startswith("V1: Duplicate; V2: UnknownVariable; V3: ")


def test_in_portions_until_nothing_is_answered() -> None:
    command = SetVariableMonitoring(monitors=[monitor(n) for n in range(5)])
    known = [takes("SetVariableMonitoring", 2)]
    said = converse(command, "2.1", set_so((0, "Accepted"), (1, "Accepted")), NotAnswered(None), known=known)
    assert [len(words["setMonitoringData"]) for _, words in said.requests] == [2, 2]
    assert [one.status for one in said.results] == ["accepted", "accepted", "unknown", "unknown", "not_sent"]
    assert said.failed is not None
    error = NotAnswered(CallError("NotSupported", "no"))
    said = converse(SetVariableMonitoring(monitors=[monitor()]), "2.1", error)
    assert said.failed is error
    assert results(said) == [("rejected", None, "NotSupported: no")]


def test_what_is_new_in_2_1() -> None:
    delta, stream = monitor(1, type="TargetDelta"), monitor(2, stream=Stream(interval_s=5))
    said = converse(SetVariableMonitoring(monitors=[monitor(), delta, stream]), "2.0.1", set_so((0, "Accepted")))
    assert results(said)[1:] == [
        ("not_sent", None, "OCPP 2.0.1 has no TargetDelta"),
        ("not_sent", None, "OCPP 2.0.1 has no streams"),
    ]
    said = converse(SetVariableMonitoring(monitors=[stream]), "2.1", set_so((2, "Accepted")))
    assert said.requests[0][1]["setMonitoringData"][0]["periodicEventStream"] == {"interval": 5}
    with pytest.raises(ValueError, match="interval_s or values"):
        Stream()


def test_1_6_has_no_monitors() -> None:
    for command in (SetVariableMonitoring(monitors=[monitor()]), ClearVariableMonitoring(ids=[1])):
        with pytest.raises(Unsupported):
            converse(command, "1.6")


@pytest.mark.parametrize("version", TWO)
def test_clear_no_more_than_the_station_takes(version: str) -> None:  # D14, N06.FR.04
    known = [takes("ClearVariableMonitoring", 2)]
    answers = [cleared_so(_1="Accepted", _2="Rejected"), cleared_so(_3="Accepted", _4="NotFound"), cleared_so()]
    answers[2] = cleared_so(_5="Accepted")
    said = converse(ClearVariableMonitoring(ids=[1, 2, 3, 4, 5]), version, *answers, known=known)
    assert [words["id"] for _, words in said.requests] == [[1, 2], [3, 4], [5]]
    assert results(said) == [
        ("accepted", 1, None),
        ("rejected", 2, "Rejected"),
        ("accepted", 3, None),
        ("rejected", 4, "NotFound"),
        ("accepted", 5, None),
    ]


@pytest.mark.parametrize("version", TWO)
def test_base_and_level(version: str) -> None:
    said = converse(SetMonitoringBase(base="hard_wired_only"), version, {"status": "Accepted"})
    assert said.requests == [("SetMonitoringBase", {"monitoringBase": "HardWiredOnly"})]
    said = converse(SetMonitoringLevel(severity=4), version, {"status": "Rejected"})
    assert said.requests == [("SetMonitoringLevel", {"severity": 4})]
    assert not said.outcome.accepted
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"type": "set_monitoring_level", "severity": 10}, SetMonitoringLevel)


# ---------------------------------------------------------------------- what is known afterwards


async def set_some(stage: Stage, *numbers: int) -> None:
    asked = [
        {"value": float(n), "type": "UpperThreshold", "severity": 3, "transaction": n == 0, **place(n)} for n in numbers
    ]
    answer = set_so(*((n, "Accepted") for n in numbers))
    await stage.learn("SetVariableMonitoring", {"setMonitoringData": asked}, answer)


async def known(stage: Stage) -> dict[int, Any]:
    return await monitors.load(stage.db, 1)


async def test_what_was_accepted_is_known(stage: Stage) -> None:  # D13
    asked = [{"value": 80, "type": "UpperThreshold", "severity": 3, "transaction": True, **place(n)} for n in range(2)]
    await stage.learn("SetVariableMonitoring", {"setMonitoringData": asked}, set_so((1, "Rejected"), (0, "Accepted")))
    ((id, one),) = (await known(stage)).items()
    assert (id, one.name, one.value, one.kind, one.transaction) == (100, monitor().name, 80.0, "custom", True)
    await stage.learn("SetVariableMonitoring", {"setMonitoringData": asked}, None)
    assert len(await known(stage)) == 1


async def test_what_was_cleared_is_gone_with_its_alert(stage: Stage) -> None:
    await set_some(stage, 0, 1, 2)
    event = {
        "eventId": 1, "timestamp": "2025-11-24T15:00:00Z", "trigger": "Alerting", "actualValue": "9",
        "eventNotificationType": "CustomMonitor", "variableMonitoringId": 101, **place(1),
    }  # fmt: skip
    await stage.say("NotifyEvent", {"generatedAt": "2025-11-24T15:00:00Z", "seqNo": 0, "eventData": [event]})
    answer = cleared_so(_100="Rejected", _101="Accepted", _102="NotFound")
    await stage.learn("ClearVariableMonitoring", {"id": [100, 101, 102]}, answer)
    assert list(await known(stage)) == [100]
    assert stage.fed == ["alert.firing", "alert.resolved"]


@pytest.mark.parametrize(
    ("base", "left"), [("All", [1, 2, 3, 100]), ("FactoryDefault", [1, 2, 3]), ("HardWiredOnly", [1, 3])]
)
async def test_a_base_takes_monitors_away(stage: Stage, base: str, left: list[int]) -> None:
    await set_some(stage, 0)
    one = (await known(stage))[100]
    kinds = {1: "hard_wired", 2: "preconfigured", 3: None}
    more = [msgspec.structs.replace(one, id=id, kind=kind) for id, kind in kinds.items()]
    await stage.db.store([], await monitors.put(stage.db, 1, 1, more))
    await stage.learn("SetMonitoringBase", {"monitoringBase": base}, {"status": "Rejected"})
    assert len(await known(stage)) == 4
    await stage.learn("SetMonitoringBase", {"monitoringBase": base}, {"status": "Accepted"})
    assert list(await known(stage)) == left
    words = {"All": "all", "FactoryDefault": "factory_default", "HardWiredOnly": "hard_wired_only"}
    assert (await monitors.load_state(stage.db, 1)).base == words[base]


async def test_the_level_is_known(stage: Stage) -> None:
    for level, status in ((4, "Accepted"), (2, "Rejected")):
        await stage.learn("SetMonitoringLevel", {"severity": level}, {"status": status})
    assert (await monitors.load_state(stage.db, 1)).level == 4
