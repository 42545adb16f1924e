from __future__ import annotations

import json
from typing import Any

import pytest
from rich.console import Console

from ohmstead.cli import top as module
from ohmstead.cli.remote import Remote

SUMMARY = {"stations": 3, "online": 2, "active_transactions": 2, "power_w": 11400.0, "statuses": {"faulted": 1}}


def transaction(station: str, power_w: float | None) -> dict[str, Any]:
    return {
        "id": "1", "station_id": station, "evse_id": 1, "token": "04", "charging_state": "Charging",
        "power_w": power_w, "energy_wh": 1234.0, "started_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip


@pytest.fixture
def charging(wire):
    page = {"data": [transaction("A", None), transaction("B", 400.0), transaction("C", 11000.0)], "next_cursor": None}
    wire.answers = [(200, page), (200, SUMMARY), (200, page), (200, SUMMARY)]
    return wire


def test_the_strongest_first_and_one_look_without_a_terminal(charging, run):
    status, out, _ = run("top --rows 2")
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == "2 of 3 stations online, 1 faulted, 2 transactions, 11.4 kW"
    assert [line.split()[0] for line in lines[1:]] == ["STATION_ID", "C", "B"]


def test_as_json(charging, run):
    seen = json.loads(run("top --json")[1])
    assert seen["summary"] == SUMMARY
    assert [one["power_kw"] for one in seen["transactions"]] == [11.0, 0.4, None]


def test_it_is_drawn_again_until_ctrl_c(charging, run, monkeypatch):
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", pause)
    monkeypatch.setattr(module.sys.stdout, "isatty", lambda: True, raising=False)
    assert run("top --every 0.5")[0] == 0
    assert pauses == [0.5, 0.5]
    assert len(charging.asked) == 4


def test_the_table(charging):
    console = Console(width=120)
    with console.capture() as caught:
        console.print(module.drawn(module.look(Remote(), 9)))
    assert "11.4 kW" in caught.get()
    assert "STATION_ID" in caught.get()
