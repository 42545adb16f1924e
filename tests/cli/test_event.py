from __future__ import annotations

import json
from contextlib import contextmanager
from types import SimpleNamespace

import httpx
import pytest


def event(sequence, kind="ohmstead.transaction.started"):
    return {"sequence": sequence, "time": "2026-01-01T00:00:00Z", "type": kind, "subject": "CS1"}


def test_events_are_listed_by_type(wire, run):
    wire.answers = [(200, {"data": [event(8), event(9, "ohmstead.alert.firing")], "next_cursor": None})]
    out = run("event list --after 7 --type ohmstead.transaction.* --json")[1]
    assert [one["sequence"] for one in json.loads(out)] == [8]
    assert wire.last == ("GET", "events", {"after": "7", "limit": "1000"}, None)


def test_the_feed_is_followed_line_by_line(wire, run, monkeypatch):
    asked = []

    @contextmanager
    def stream(method, url, **more):
        asked.append((method, url, more["params"]))
        lines = ["id: 7", f"data: {json.dumps(event(8))}", "", f"data: {json.dumps(event(9, 'ohmstead.x'))}"]
        yield SimpleNamespace(status_code=200, iter_lines=lambda: iter(lines))

    monkeypatch.setattr(httpx, "stream", stream)
    status, out, _ = run("event follow --after 7 --type ohmstead.x")
    assert (status, out.split()) == (0, ["9", "2026-01-01T00:00:00Z", "ohmstead.x", "CS1"])
    assert [json.loads(line)["sequence"] for line in run("event follow --json")[1].splitlines()] == [8, 9]
    assert asked[0] == ("GET", "http://ohmstead.test/api/v1/events/stream", {"after": "7"})


@pytest.mark.parametrize("error", [httpx.ConnectError("no"), httpx.ReadTimeout("late")])
def test_the_end_of_the_feed_is_said(wire, run, monkeypatch, error):
    def stream(*_, **__):
        raise error

    monkeypatch.setattr(httpx, "stream", stream)
    status, _, err = run("event follow")
    assert (status, "does not answer any more" in err) == (1, True)
