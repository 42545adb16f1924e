from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (
            "list --station CS1 --action Heartbeat --invalid",
            ("messages", {"limit": "100", "station_id": "CS1", "action": "Heartbeat", "invalid": "true"}),
        ),
        ("show 4", ("messages/4", {})),
        ("refusals --limit 5", ("refusals", {"limit": "5"})),
        ("findings --station CS1", ("findings", {"limit": "1000", "station_id": "CS1"})),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"message {line}")[0] == 0
    assert wire.last == ("GET", *asked, None)
