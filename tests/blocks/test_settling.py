"""Reports of which nothing comes any more: what is gone, what is missing, and who is asked again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.blocks import device_model as block
from ohmstead.blocks.settling import settle
from ohmstead.domain.commands import Awaiting
from ohmstead.domain.device_model import Name, ReportState
from ohmstead.runtime import FakeClock
from ohmstead.settings import Settings, Stations
from ohmstead.store import device_model, device_reports
from ohmstead.store.commands import Step, end_overdue, write_answered, write_new
from ohmstead.store.sessions import load_awaiting
from ohmstead.store.tables import commands
from tests.blocks.staging import Stage

pytestmark = pytest.mark.anyio
AT = "2025-11-24T16:00:00Z"
QUIET = Settings(stations=Stations(unasked_calls=()))


def part(seq_no: int, more: bool | None, *names: str, number: int = 5) -> dict[str, Any]:
    data = [
        {
            "component": {"name": "C"},
            "variable": {"name": name},
            "variableAttribute": [{"value": str(number)}],
        }
        for name in names
    ]
    told: dict[str, Any] = {"requestId": number, "generatedAt": AT, "seqNo": seq_no, "reportData": data}
    return told if more is None else told | {"tbc": more}


async def ask(stage: Stage, number: int = 5) -> None:
    await stage.learn("GetBaseReport", {"requestId": number, "reportBase": "FullInventory"}, {"status": "Accepted"})


async def names(stage: Stage) -> set[str]:
    return {one.name.variable for one in await device_model.load(stage.db, 1)}


async def settled(stage: Stage, clock: FakeClock, seconds: float, settings: Settings = QUIET) -> int:
    clock.advance(seconds)
    count = await settle(stage.db, settings, clock.at)
    await stage.connect()
    return count


async def queued(stage: Stage) -> list[Any]:
    return [json.loads(row[0]) for row in await stage.rows(select(commands.c.body))]


async def test_a_report_without_any_sign_of_its_end(stage: Stage, clock: FakeClock) -> None:
    await ask(stage)
    await stage.say("NotifyReport", part(0, None, "A", "B"))
    assert await settled(stage, clock, 9) == 0
    assert await settled(stage, clock, 1) == 1
    assert (await device_reports.load_reports(stage.db, 1)).open == {}
    await ask(stage, 6)
    await stage.say("NotifyReport", part(0, None, "A", number=6))
    await stage.say("NotifyReport", part(1, None, "C", number=6))
    assert await names(stage) == {"A", "B", "C"}
    assert await settled(stage, clock, 10) == 1
    assert await names(stage) == {"A", "C"}
    assert await settled(stage, clock, 100) == 0


async def test_a_broken_report_never_overwrites_a_good_one(stage: Stage, clock: FakeClock) -> None:  # D05
    await ask(stage)
    await stage.say("NotifyReport", part(0, True, "A"))
    await stage.say("NotifyReport", part(1, False, "B"))
    await ask(stage, 6)
    for seq_no in (0, 1, 2, 4):
        await stage.say("NotifyReport", part(seq_no, seq_no < 4, f"V{seq_no}", "A", number=6))
    assert await settled(stage, clock, 59) == 0
    assert await settled(stage, clock, 1) == 1
    known = await device_model.load(stage.db, 1)
    assert {one.name.variable: one.attributes[0].value for one in known} == {"A": "5", "B": "5"}
    assert (known.report.complete, known.report.missing_parts) == (False, (3,))
    (finding,) = await stage.findings()
    assert (finding["code"], finding["text"]) == ("report_incomplete", "report 6 is without its parts 3")
    await ask(stage, 7)  # it can be repeated
    await stage.say("NotifyReport", part(0, True, "A", number=7))
    await stage.say("NotifyReport", part(1, False, number=7) | {"reportData": part(0, True, "B")["reportData"]})
    assert (await device_model.load(stage.db, 1)).report.complete


async def test_what_a_broken_first_report_says_is_better_than_nothing(stage: Stage, clock: FakeClock) -> None:
    await ask(stage)
    await stage.say("NotifyReport", part(1, True, "B"))
    assert await settled(stage, clock, 60) == 1
    assert await names(stage) == {"B"}
    assert (await device_model.load(stage.db, 1)).report == ReportState(False, (0, 2), clock.at - 60_000_000)


async def test_who_does_not_finish_is_asked_again_a_few_times(stage: Stage, clock: FakeClock) -> None:
    for number in range(5, 10):
        await ask(stage, number)
        await settled(stage, clock, 60, Settings())
    assert await queued(stage) == [{"type": "get_base_report"}] * block.MOST_ASKED
    (finding,) = await stage.findings()
    assert (finding["count"], finding["text"]) == (5, "of report 9 nothing came")


async def test_reports_that_are_no_full_ones_are_not_asked_again(stage: Stage, clock: FakeClock) -> None:
    await stage.learn("GetReport", {"requestId": 5}, {"status": "Accepted"})
    await settled(stage, clock, 60, Settings())
    assert await queued(stage) == []
    assert (await device_model.load(stage.db, 1)).report == ReportState()


async def test_the_command_that_waits_for_it_ends(stage: Stage, clock: FakeClock) -> None:
    write = stage.write()
    id = write_new(write, "CS1", "get_base_report", "{}", clock.at, clock.at + 10**9)
    awaits = ("report", "5")
    step = Step(state="accepted", awaits=awaits, confirm_until=clock.at + 600_000_000)
    write_answered(write, id, step, [], clock.at)
    await stage.put(write)
    await ask(stage)
    assert await load_awaiting(stage.db, 1) == [Awaiting(id, awaits, step.confirm_until or 0)]
    await settled(stage, clock, 60)
    await end_overdue(stage.db, clock.at)
    assert [row[0] for row in await stage.rows(select(commands.c.state))] == ["unconfirmed"]


async def test_a_part_that_comes_in_the_same_moment(stage: Stage, clock: FakeClock, monkeypatch: Any) -> None:
    await ask(stage)
    await stage.say("NotifyReport", part(0, True, "A"))
    merged = block.merged

    async def overtaken(*given: Any, **more: Any) -> Any:
        found = await merged(*given, **more)
        await stage.say("NotifyReport", part(1, False, "B"))
        return found

    monkeypatch.setattr("ohmstead.blocks.settling.merged", overtaken)
    await settled(stage, clock, 60)
    known = await device_model.load(stage.db, 1)
    assert known.report.complete
    assert known.value(Name("C", "B")) == "5"
    assert await stage.findings() == []


async def test_a_mistake_at_one_station_does_not_stop_the_others(
    stage: Stage, clock: FakeClock, monkeypatch: Any
) -> None:
    await ask(stage)
    await stage.enter(2)
    await ask(stage)
    told = device_reports.told

    async def fails(db: Any, station_id: int, *rest: Any) -> Any:
        if station_id == 1:
            raise KeyError("a mistake")
        return await told(db, station_id, *rest)

    monkeypatch.setattr(device_reports, "told", fails)
    clock.advance(60)
    assert await settle(stage.db, QUIET, clock.at) == 2
    assert (await device_reports.load_reports(stage.db, 1)).open
    assert not (await device_reports.load_reports(stage.db, 2)).open
