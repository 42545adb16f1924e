"""A05: what is said to a station on its way to another security profile."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from ohmstead.blocks.command import NotAnswered, Unsupported
from ohmstead.blocks.upgrading import FinishUpgrade, UpgradeSecurityProfile, endpoint, order, progress
from ohmstead.domain.device_model import Attribute, Characteristics, Name, Variable
from ohmstead.domain.upgrade import Forbidden, Upgrade
from ohmstead.ocpp.rpc import CallError
from ohmstead.settings import Gateway, Settings
from ohmstead.store import upgrades
from tests.blocks.staging import SQLITE, Stage, converse, station

ACCEPTED = {"status": "Accepted"}
SET = {
    "setVariableResult": [
        {
            "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"},
            "attributeStatus": "Accepted",
        }
    ]
}  # fmt: skip

NOT_SET = {"setVariableResult": [SET["setVariableResult"][0] | {"attributeStatus": "Rejected"}]}


def priority(value: str, *options: str) -> Variable:
    name = Name("OCPPCommCtrlr", "NetworkConfigurationPriority")
    told = Characteristics("SequenceList", values_list=",".join(options)) if options else None
    return Variable(name, (Attribute(value=value),), told)


def to(profile: Any, **more: Any) -> UpgradeSecurityProfile:
    return UpgradeSecurityProfile(security_profile=profile, url="wss://h/o", **more)


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_the_whole_way(version: str) -> None:
    known = [priority("1,0", "0", "1", "2")]
    said = converse(to("tls_basic"), version, ACCEPTED, SET, {"status": "Scheduled"}, known=known)
    actions = [action for action, _ in said.requests]
    assert actions == ["SetNetworkProfile", "SetVariables", "Reset"]
    assert said.requests[0][1]["configurationSlot"] == 2
    assert said.requests[1][1]["setVariableData"][0]["attributeValue"] == "2,1,0"
    assert said.outcome is not None
    assert (said.outcome.expects, said.outcome.window) == (("security_profile", "2"), 24 * 3600)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([{"status": "Rejected"}], "SetNetworkProfile: Rejected"),
        ([ACCEPTED, NOT_SET], "NetworkConfigurationPriority: Rejected"),
        ([ACCEPTED, SET, {"status": "Rejected"}, SET], "Reset: Rejected"),
        ([ACCEPTED, SET, {"status": "Rejected"}, NotAnswered(None)], "Reset: Rejected"),
    ],
)
def test_a_station_that_refuses(answers: list[Any], reason: str) -> None:
    said = converse(to(2), "2.0.1", *answers, known=[priority("1")])
    assert said.outcome is not None
    assert (said.outcome.accepted, said.outcome.expects) == (False, None)
    assert reason in (said.outcome.reason or "")
    if len(answers) == 4:  # the list is put back
        assert said.requests[-1][1]["setVariableData"][0]["attributeValue"] == "1"


@pytest.mark.parametrize("answers", [[NotAnswered(None)], [ACCEPTED, NotAnswered(CallError("InternalError"))]])
def test_no_answer_before_the_reset(answers: list[Any]) -> None:
    assert converse(to(2), "2.0.1", *answers, known=[priority("1")]).failed is answers[-1]


def test_no_answer_to_the_reset_may_mean_that_it_went() -> None:
    said = converse(to(2), "2.0.1", ACCEPTED, SET, NotAnswered(None), known=[priority("1")])
    assert said.outcome is not None
    assert said.outcome.accepted
    error = NotAnswered(CallError("NotSupported"))
    assert converse(to(2), "2.0.1", ACCEPTED, SET, error, known=[priority("1")]).failed is error


def test_where_nothing_is_known_of_its_slots() -> None:
    unknown = {**SET["setVariableResult"][0], "attributeStatus": "UnknownVariable"}
    with pytest.raises(Unsupported, match="does not say"):
        converse(to(2), "2.0.1", {"getVariableResult": [unknown]})
    with pytest.raises(Unsupported, match="no free slot"):
        converse(to(2), "2.0.1", known=[priority("1", "1")])
    active = {
        "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "ActiveNetworkProfile"},
        "attributeStatus": "Accepted", "attributeValue": "0",
    }  # fmt: skip
    said = converse(to(2), "2.0.1", {"getVariableResult": [unknown, active]}, ACCEPTED, SET, ACCEPTED)
    assert said.requests[1][1]["configurationSlot"] == 1


@pytest.mark.parametrize(
    ("answers", "accepted"),
    [([ACCEPTED], True), ([{"status": "RebootRequired"}, ACCEPTED], True), ([{"status": "NotSupported"}], False),
     ([NotAnswered(None)], True)],
)  # fmt: skip
def test_16_says_it_by_its_key(answers: list[Any], accepted: bool) -> None:
    said = converse(to(2), "1.6", *answers)
    assert said.requests[0] == ("ChangeConfiguration", {"key": "SecurityProfile", "value": "2"})
    assert said.outcome is not None
    assert said.outcome.accepted == accepted


def moving(step: Any, **more: Any) -> Upgrade:
    one = Upgrade(
        step=step, was=1, to=2, command_id="cmd_1", started_at=0, deadline=5, slot=2, priority="2,1", priority_was="1",
    )  # fmt: skip
    return replace(one, **more)


def test_to_finish_it() -> None:
    for step, value in (("settling", "2"), ("failed", "1")):
        said = converse(FinishUpgrade(), "2.0.1", SET, upgrade=upgrades.kept(moving(step)))
        assert said.requests[0][1]["setVariableData"][0]["attributeValue"] == value
    error = NotAnswered(CallError("InternalError"))
    assert converse(FinishUpgrade(), "2.0.1", error, upgrade=upgrades.kept(moving("settling"))).outcome is not None
    assert converse(FinishUpgrade(), "2.0.1", NotAnswered(None), upgrade=upgrades.kept(moving("settling"))).failed
    with pytest.raises(Unsupported):
        converse(FinishUpgrade(), "2.0.1", upgrade=upgrades.kept(moving("done")))


# ---------------------------------------------------------------------- on disk


@pytest.mark.anyio
@SQLITE
async def test_where_it_shall_connect(stage: Stage) -> None:
    settings = Settings(gateway=Gateway(public_name="csms.example", bind=""))
    assert await endpoint(stage.db, settings, 1, 2) == "wss://csms.example:9443/ocpp"
    assert await endpoint(stage.db, settings, 1, 1) is None
    assert await endpoint(stage.db, settings, 7, 3) == "wss://csms.example:9443/ocpp/"


@pytest.mark.anyio
@SQLITE
async def test_an_order_for_one_of_many(stage: Stage) -> None:
    settings, one = Settings(gateway=Gateway(public_name="csms.example")), stage.state.station
    body = json.loads(await order(stage.db, settings, replace(one, password_hash="h"), 2, 0))
    assert (body["security_profile"], body["url"]) == (2, "wss://csms.example:9443/ocpp")
    with pytest.raises(Forbidden, match="needs a password"):
        await order(stage.db, settings, one, 2, 0)


@pytest.mark.parametrize(
    ("step", "stands"),
    [("proof", "running"), ("settling", "done"), ("done", "done"), ("failed", "failed"), ("overdue", "failed")],
)
def test_how_it_stands(step: str, stands: str) -> None:
    one = station(upgrade=upgrades.kept(moving(step)))
    assert (progress(one, "cmd_1"), progress(one, "cmd_2")) == (stands, "waiting")
