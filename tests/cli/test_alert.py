from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list", ("GET", "alerts", {"limit": "1000", "state": "firing"}, None)),
        (
            "list --station CS1 --state any --severity 4",
            ("GET", "alerts", {"limit": "1000", "station_id": "CS1", "severity": "4"}, None),
        ),
        ("acknowledge 7", ("POST", "alerts/7/acknowledge", {}, None)),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"alert {line}")[0] == 0
    assert wire.last == asked
