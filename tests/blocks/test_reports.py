"""Asking for reports, in each version, and the answers after which no part will come."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.blocks.command import Unsupported
from ohmstead.blocks.reports import GetBaseReport, GetReport, Wanted
from ohmstead.domain.device_model import Attribute, Name, Variable
from ohmstead.store import device_reports
from tests.blocks.staging import SQLITE, Stage, converse

TWO = ["2.0.1", "2.1"]


@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize(
    ("base", "wire"),
    [("full", "FullInventory"), ("configuration", "ConfigurationInventory"), ("summary", "SummaryInventory")],
)
def test_get_base_report(version: str, base: Any, wire: str) -> None:
    said = converse(GetBaseReport(base=base), version, {"status": "Accepted"})
    assert said.requests == [("GetBaseReport", {"requestId": 77, "reportBase": wire})]
    assert said.outcome.expects == ("report", "77")
    assert said.outcome.window == 600


@pytest.mark.parametrize(
    ("status", "accepted"), [("EmptyResultSet", True), ("NotSupported", False), ("Rejected", False)]
)
def test_after_any_other_answer_no_part_is_waited_for(status: str, accepted: bool) -> None:  # D12, B08.FR.15
    for command in (GetBaseReport(), GetReport(criteria=["problem"])):
        outcome = converse(command, "2.0.1", {"status": status}).outcome
        assert (outcome.accepted, outcome.reason, outcome.expects) == (accepted, status, None)


def test_1_6_tells_its_keys() -> None:
    said = converse(GetBaseReport(), "1.6", {"configurationKey": []})
    assert said.requests == [("GetConfiguration", {})]
    assert (said.outcome.accepted, said.outcome.expects) == (True, None)
    for command in (GetBaseReport(base="summary"), GetReport()):
        with pytest.raises(Unsupported):
            converse(command, "1.6")


@pytest.mark.parametrize("version", TWO)
def test_get_report(version: str) -> None:
    wanted = [
        Wanted(component="EVSE", evse_id=1),
        Wanted(component="Connector", component_instance="a", evse_id=1, connector_id=2, variable="V"),
        Wanted(component="C", variable="V", variable_instance="x"),
    ]
    said = converse(GetReport(criteria=["active", "problem"], variables=wanted), version, {"status": "Accepted"})
    assert said.requests[0][1] == {
        "requestId": 77,
        "componentCriteria": ["Active", "Problem"],
        "componentVariable": [
            {"component": {"name": "EVSE", "evse": {"id": 1}}},
            {
                "component": {"name": "Connector", "instance": "a", "evse": {"id": 1, "connectorId": 2}},
                "variable": {"name": "V"},
            },
            {"component": {"name": "C"}, "variable": {"name": "V", "instance": "x"}},
        ],
    }


def test_a_report_of_more_than_the_station_takes() -> None:  # B08.FR.06
    name = Name("DeviceDataCtrlr", "ItemsPerMessage", variable_instance="GetReport")
    known = [Variable(name, (Attribute(value="1"),))]
    with pytest.raises(Unsupported, match="takes 1 variables"):
        converse(GetReport(variables=[Wanted(component="A"), Wanted(component="B")]), "2.0.1", known=known)


ASKED = {"requestId": 5, "reportBase": "FullInventory"}


@pytest.mark.anyio
async def test_parts_are_expected_from_the_moment_we_ask(stage: Stage) -> None:
    await stage.learn("GetBaseReport", ASKED, {"status": "Accepted"})
    await stage.learn(
        "GetBaseReport", ASKED | {"requestId": 6, "reportBase": "SummaryInventory"}, {"status": "Accepted"}
    )
    await stage.learn("GetReport", {"requestId": 7}, {"status": "Accepted"})
    reports = await device_reports.load_reports(stage.db, 1)
    assert {number: one.base for number, one in reports.open.items()} == {5: "full", 6: "partial", 7: "partial"}


@SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize("answer", [{"status": "NotSupported"}, {"status": "EmptyResultSet"}, None])
async def test_and_not_after_a_refusal(stage: Stage, answer: Any) -> None:
    await stage.learn("GetBaseReport", ASKED, answer)
    assert (await device_reports.load_reports(stage.db, 1)).open == {}


@SQLITE
@pytest.mark.anyio
async def test_the_limit_is_read_before(stage: Stage) -> None:
    name = Name("DeviceDataCtrlr", "ItemsPerMessage", variable_instance="GetReport")
    await stage.know(Variable(name, (Attribute(value="3"),)))
    ask = stage.ask()
    await GetReport().prepare(ask, stage.db)
    assert ask.known.value(name) == "3"
