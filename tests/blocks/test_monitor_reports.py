"""Reports of monitors: assembled whatever way they come, and given up."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead import runtime
from ohmstead.blocks.monitor_reports import GetMonitoringReport, give_up
from ohmstead.blocks.reports import Wanted
from ohmstead.store import monitors
from tests.blocks.staging import SQLITE, Stage, converse

pytestmark = pytest.mark.anyio
AT = "2025-11-24T15:00:00Z"


def part(seq_no: int, *ids: int, tbc: bool | None = None, request: int = 5, version: str = "2.0.1") -> dict[str, Any]:
    """A part that names monitors on EVSE 1, V<id>."""
    more = {"eventNotificationType": "HardWiredMonitor"} if version == "2.1" else {}
    named = [
        {
            "component": {"name": "EVSE", "evse": {"id": 1}},
            "variable": {"name": f"V{id}"},
            "variableMonitoring": [
                {"id": id, "transaction": False, "value": 1.5, "type": "Delta", "severity": 4, **more}
            ],
        }
        for id in ids
    ]
    words = {"requestId": request, "seqNo": seq_no, "generatedAt": AT, "monitor": named}
    return words if tbc is None else words | {"tbc": tbc}


async def ask(stage: Stage, answer: str = "Accepted", **more: Any) -> None:
    await stage.learn("GetMonitoringReport", {"requestId": 5, **more}, {"status": answer})


async def known(stage: Stage) -> list[int]:
    return list(await monitors.load(stage.db, 1))


async def state(stage: Stage) -> tuple[bool, tuple[int, ...]]:
    found = await monitors.load_state(stage.db, 1)
    return found.report_complete, found.report_missing


async def firing(stage: Stage, id: int) -> None:
    event = {
        "eventId": 1, "timestamp": AT, "trigger": "Alerting", "actualValue": "9", "variableMonitoringId": id,
        "eventNotificationType": "CustomMonitor", "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": f"V{id}"},
    }  # fmt: skip
    await stage.say("NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": [event]})


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_what_is_asked(version: str) -> None:
    said = converse(GetMonitoringReport(), version, {"status": "Accepted"})
    assert said.requests == [("GetMonitoringReport", {"requestId": 77})]
    assert said.outcome.expects == ("monitoring_report", "77")
    some = GetMonitoringReport(criteria=["threshold", "periodic"], variables=[Wanted(component="EVSE", evse_id=1)])
    said = converse(some, version, {"status": "EmptyResultSet"})
    assert said.requests[0][1] == {
        "requestId": 77,
        "monitoringCriteria": ["ThresholdMonitoring", "PeriodicMonitoring"],
        "componentVariable": [{"component": {"name": "EVSE", "evse": {"id": 1}}}],
    }
    assert (said.outcome.accepted, said.outcome.expects) == (True, None)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 1, 2, 0, 0]])
async def test_a_report_in_any_order(stage: Stage, order: list[int]) -> None:
    await ask(stage)
    parts = {0: part(0, 1, 2, tbc=True), 1: part(1, 3, tbc=True), 2: part(2, 4, tbc=False)}
    told: set[int] = set()
    for number in order:
        assert await stage.say("NotifyMonitoringReport", parts[number]) == {}
        told.add(number)
        assert (("monitoring_report", "5") in stage.happened) is (len(told) == 3)
        assert (await state(stage))[0] is (len(told) == 3)
    assert await known(stage) == [1, 2, 3, 4]
    assert await state(stage) == (True, ())


async def test_what_is_not_named_is_gone_with_its_alert(stage: Stage, clock: runtime.FakeClock) -> None:
    await ask(stage)
    await stage.say("NotifyMonitoringReport", part(0, 1, 2))
    await firing(stage, 2)
    clock.advance(100)
    await ask(stage)
    await stage.say("NotifyMonitoringReport", part(0, 1, 9))
    assert await known(stage) == [1, 9]
    assert stage.fed == ["alert.firing", "alert.resolved"]


@SQLITE
async def test_some_monitors_take_nothing_away(stage: Stage, clock: runtime.FakeClock) -> None:
    await ask(stage)
    await stage.say("NotifyMonitoringReport", part(0, 1, 2))
    clock.advance(100)
    await ask(stage, monitoringCriteria=["DeltaMonitoring"])
    await stage.say("NotifyMonitoringReport", part(0, 3))
    assert await known(stage) == [1, 2, 3]


@SQLITE
async def test_nothing_is_set(stage: Stage, clock: runtime.FakeClock) -> None:
    await ask(stage)
    await stage.say("NotifyMonitoringReport", part(0, 1, 2))
    clock.advance(100)
    await ask(stage, "Rejected")
    assert await known(stage) == [1, 2]
    await ask(stage, "EmptyResultSet")
    assert await known(stage) == []
    assert await state(stage) == (True, ())


async def test_a_broken_report_takes_nothing_away_and_is_given_up(stage: Stage, clock: runtime.FakeClock) -> None:
    await ask(stage)
    await stage.say("NotifyMonitoringReport", part(0, 1, 2))
    clock.advance(100)
    await ask(stage)
    await stage.say("NotifyMonitoringReport", part(1, 3, tbc=False))
    assert await give_up(stage.db, stage.now) == 0
    clock.advance(61)
    assert await give_up(stage.db, stage.now) == 1
    assert await give_up(stage.db, stage.now) == 0
    assert await known(stage) == [1, 2, 3]
    assert await state(stage) == (False, (0,))
    (finding,) = await stage.findings()
    assert (finding["code"], "parts 0" in finding["text"]) == ("report_incomplete", True)


@SQLITE
async def test_one_that_nobody_asked_for(stage: Stage) -> None:
    await stage.say("NotifyMonitoringReport", part(0, 1, request=99))
    assert await known(stage) == [1]
    assert [one["code"] for one in await stage.findings()] == ["report_not_asked"]


@SQLITE
async def test_no_station_has_so_many(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ohmstead.blocks.monitor_reports.MOST", 2)
    await stage.say("NotifyMonitoringReport", part(0, 1, 2, 3))
    assert await known(stage) == []
    assert [one["code"] for one in await stage.findings()] == ["too_many_monitors"]


@SQLITE
async def test_2_1_says_of_what_kind_they_are_and_2_0_1_keeps_what_is_known(stage: Stage) -> None:
    await stage.say("NotifyMonitoringReport", part(0, 1, version="2.1"), "2.1")
    await stage.say("NotifyMonitoringReport", part(0, 1, 2))
    assert [one.kind for one in (await monitors.load(stage.db, 1)).values()] == ["hard_wired", None]
