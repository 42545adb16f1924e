"""The demo as a newcomer sees it: two stations, until the first session is over."""

from __future__ import annotations

import asyncio
import json
import shutil

import pytest

from ohmstead import demo
from ohmstead.demo import Demo, DemoOptions


@pytest.mark.anyio
async def test_the_first_session_comes_back_and_the_folder_goes_away():
    said: list[str] = []
    one = Demo(DemoOptions(stations=3, once=True), said.append)
    try:
        transaction = await asyncio.wait_for(one.run(asyncio.Event()), 90)
    finally:
        await one.close()
    assert transaction is not None
    assert transaction["state"] == "ended"
    assert transaction["complete"]
    assert transaction["energy_wh"] > 0
    assert not one.folder.exists()
    text = "\n".join(said)
    assert text.count("curl -s") == 3
    assert one.key in text
    assert "kWh charged" in text


@pytest.mark.anyio
async def test_it_ends_when_it_is_told_to_and_keeps_what_it_should_keep(tmp_path):
    stopped = asyncio.Event()

    def say(line: str) -> None:
        if "booted" in line:
            stopped.set()

    one = Demo(DemoOptions(stations=1, keep=tmp_path / "kept"), say)
    try:
        assert await asyncio.wait_for(one.run(stopped), 60) is None
    finally:
        await one.close()
    assert (tmp_path / "kept" / "ohmstead.db").exists()


@pytest.mark.anyio
@pytest.mark.skipif(shutil.which("curl") is None, reason="the lines of the demo are not tried: there is no curl")
async def test_its_three_lines_work_when_pasted():
    said: list[str] = []
    booted, stopped = asyncio.Event(), asyncio.Event()

    def say(line: str) -> None:
        said.append(line.strip())
        if "booted" in line:
            booted.set()

    one = Demo(DemoOptions(stations=1), say)
    running = asyncio.create_task(one.run(stopped))
    try:
        await asyncio.wait_for(booted.wait(), 60)
        answers = []
        for line in "\n".join(said).splitlines():
            if line.strip().startswith("curl"):
                shell = await asyncio.create_subprocess_shell(line, stdout=asyncio.subprocess.PIPE)
                answers.append(json.loads((await shell.communicate())[0]))
        stations, transactions, command = answers
    finally:
        stopped.set()
        await running
        await one.close()
    assert [station["id"] for station in stations["data"]] == ["DEMO001"]
    assert stations["data"][0]["site_id"] is not None
    assert transactions["next_cursor"] is None
    assert command["state"] in ("accepted", "confirmed"), command


@pytest.mark.parametrize(
    ("kind", "data", "line"),
    [
        ("station.booted", {"vendor": "V", "model": "M", "ocpp_version": "2.1"}, "booted: V M, OCPP 2.1"),
        ("authorization.refused", {"status": "Blocked"}, "token refused: Blocked"),
        ("connector.status_changed", {}, None),
    ],
)
def test_an_event_becomes_a_line_or_nothing(kind, data, line):
    event = {"type": f"ohmstead.{kind}", "subject": "CS1", "time": "2026-11-22T10:00:00Z", "data": data}
    told = demo._line(event)
    assert told == (None if line is None else f"10:00:00  CS1  {line}")
    json.dumps(event)
