from __future__ import annotations

import json

import httpx
import pytest

from ohmstead import runtime
from ohmstead.cli import waiting

OK = (200, {"status": "ok", "version": "1", "reasons": []})
NOT_READY = (503, {"status": "not_ready", "version": "1", "reasons": ["the database is gone"]})


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> runtime.FakeClock:
    """Sleeping moves it."""
    one = runtime.FakeClock()
    monkeypatch.setattr(runtime, "clock", one)
    monkeypatch.setattr(waiting.time, "sleep", one.advance)
    return one


def test_a_server_that_starts(wire, run, monkeypatch):
    answer, tries = httpx.request, []

    def starting(*given, **more):
        tries.append(given)
        if len(tries) < 5:
            raise httpx.ConnectError("refused")
        return answer(*given, **more)

    monkeypatch.setattr(httpx, "request", starting)
    wire.answers = [NOT_READY, OK]
    assert run("wait") == (0, "", "ready\n")
    assert [path for _, path in tries] == ["http://ohmstead.test/api/v1/health/ready"] * 6


def test_a_station_that_comes(wire, run):
    wire.answers = [OK, (200, {"online": False}), OK, (200, {"online": True})]
    assert run("wait CS1") == (0, "", "CS1 is connected\n")
    wire.answers = [OK, (200, {"id": "CS1", "online": True})]
    assert json.loads(run("wait CS1 --json")[1]) == {"id": "CS1", "online": True}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([NOT_READY], "http://ohmstead.test/ is not ready: the database is gone"),
        ([OK, (200, {"online": False})] * 100, "station CS1 is not connected"),
        ([OK, (404, {"title": "No", "detail": "no CS1"})] * 100, "No: no CS1 (404)"),
    ],
)
def test_in_vain(wire, run, clock, answers, reason):
    wire.answers = answers
    began = clock.monotonic()
    assert run("wait CS1 --timeout 3") == (1, "", f"ohmstead: waited 3 s in vain: {reason}\n")
    assert 3 <= clock.monotonic() - began < 4


def test_before_there_is_a_key(run, monkeypatch, tmp_path):
    monkeypatch.delenv("OHMSTEAD_KEY", raising=False)
    monkeypatch.setenv("OHMSTEAD_DATA_DIR", str(tmp_path))
    status, _, err = run("wait --timeout 0")
    assert (status, "no API key" in err) == (1, True)
