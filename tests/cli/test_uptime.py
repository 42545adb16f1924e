from __future__ import annotations

import pytest

SPAN = ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z")


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("exclusions --station CS1", ("GET", "exclusions", {"limit": "100", "station_id": "CS1"}, None)),
        (
            f"exclude CS1 {SPAN[0]} {SPAN[1]} maintenance --evse 2",
            ("POST", "stations/CS1/exclusions", {},
             {"begin": SPAN[0], "end": SPAN[1], "cause": "maintenance", "evse_id": 2}),
        ),
        ("count 7", ("DELETE", "exclusions/7", {}, None)),
    ],
)  # fmt: skip
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"uptime {line}")[0] == 0
    assert wire.last == asked


def test_each_connector_is_a_line(wire, run):
    connector = {"evse_id": 1, "connector_id": 1, "percent": 99.5}
    wire.answers = [(200, {"data": [{"station_id": "CS1", "connectors": [connector]}], "next_cursor": None})]
    _, out, _ = run("uptime show 2026-11 --site 3")
    assert wire.last == ("GET", "uptime/2026-11", {"limit": "1000", "site_id": "3"}, None)
    assert "99.5" in out
