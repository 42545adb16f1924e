"""`ohmstead simulate`, through the same entry as from a shell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from ohmstead.cli import main

SCENARIO = """
title = "A boot"
version = "{version}"

[[step]]
do = "boot"

[[step]]
do = "call"
action = "Heartbeat"
"""


@pytest.fixture
def csms() -> Iterator[str]:
    """A CSMS that accepts what it is told, in a thread: the command has a loop of its own."""
    loop, ready, urls = asyncio.new_event_loop(), asyncio.Event(), []
    stop = asyncio.Event()

    async def talk(socket: ServerConnection) -> None:
        async for text in socket:
            _, message_id, action, payload = json.loads(text)
            answer: dict[str, Any] = {}
            if action in ("BootNotification", "Heartbeat"):
                answer = {"currentTime": "2025-11-24T16:00:00Z"}
            if action == "BootNotification":
                answer |= {"status": "Accepted", "interval": 300}
            if "idToken" in payload:
                answer = {"idTokenInfo": {"status": "Accepted"}}
            await socket.send(json.dumps([3, message_id, answer]))

    async def live() -> None:
        async with serve(talk, "127.0.0.1", 0, subprotocols=["ocpp2.0.1", "ocpp2.1"]) as server:  # type: ignore[list-item]
            urls.append(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            ready.set()
            await stop.wait()

    thread = Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    asyncio.run_coroutine_threadsafe(ready.wait(), loop).result(10)
    yield urls[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


def test_the_personas_as_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--list-personas"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["NAME", "MARKS", "VERSIONS", "TITLE"]
    assert lines[1].startswith("default ")
    assert len(lines) > 21
    assert main(["simulate", "--list-personas", "--json"]) == 0
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["seq-no-always-zero"]["marks"] == "odd"
    assert found["seq-no-per-evse"]["why"]


def test_an_unknown_persona_and_one_with_a_mistake(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["simulate", "--persona", "nulsl"]) == 1
    assert capsys.readouterr().err == "ohmstead: There is no persona 'nulsl'; did you mean `nulls`?\n"
    path = tmp_path / "my.toml"
    path.write_text('name = "my"\ntitle = "Mine."\nwhy = ["because"]\nmarks = "good"')
    assert main(["simulate", "--persona", str(path)]) == 1
    assert capsys.readouterr().err == f"ohmstead: {path}:4: marks: expected 'compliant' or 'odd', given 'good'\n"


def test_a_version_that_the_persona_does_not_have(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--persona", "celcius", "--ocpp", "2.1"]) == 1
    assert "There is no OCPP 2.1 of the persona celcius; known: 1.6" in capsys.readouterr().err


def test_a_persona_lives(csms: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["simulate", "--url", csms, "--station", "CS001", "--persona", "foreign-ids", "--speed", "5000"]
    assert main([*line, "--sessions", "1", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["sessions"] == 1
    assert "CS001  BootNotification Accepted" in told.err


def test_a_scenario_plays(csms: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(SCENARIO.format(version="2.1"))
    line = ["simulate", "--url", csms, "--scenario", str(path)]
    assert main(line) == 0
    assert "step 1: boot" in capsys.readouterr().out
    path.write_text(SCENARIO.format(version="2.1") + 'answer = { status = "?" }')
    assert main(line) == 1
    assert f"{path}:8: step.2: call: expected {{'status': '?'}}, heard" in capsys.readouterr().err
    path.write_text(SCENARIO.format(version="3"))
    assert main(line) == 1
    assert f"{path}:3: version: expected '1.6' or '2.0.1' or '2.1', given '3'" in capsys.readouterr().err


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--url", "ws://127.0.0.1:1", "--sessions", "1"]) == 1
    assert "ohmstead: cannot connect to ws://127.0.0.1:1: " in capsys.readouterr().err


def test_what_went_over_the_line_is_recorded(csms: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    kept = tmp_path / "cs.jsonl"
    line = ["simulate", "--url", csms, "--station", "CS001", "--speed", "5000", "--record", str(kept)]
    assert main([*line, "--sessions", "1", "--json"]) == 0
    capsys.readouterr()
    assert main(["trace", "lint", str(kept), "--fail-on", "error", "--json"]) == 0
    assert {one["action"] for one in map(json.loads, kept.read_text().splitlines()) if "action" in one} >= {
        "BootNotification",
        "TransactionEvent",
    }
    assert main(line) == 1
    assert f"--record {kept}: File exists" in capsys.readouterr().err


def test_an_address_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--url", "csms.example"]) == 1
    assert "scheme isn't ws or wss" in capsys.readouterr().err
