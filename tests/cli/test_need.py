from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list --state active", ("GET", "charging-needs", {"limit": "100", "state": "active"}, None)),
        ("show 4", ("GET", "charging-needs/4", {}, None)),
        ("add 2030-01-01T05:00:00Z --vehicle 7 --soc 80 --soc-now 20",
         ("POST", "charging-needs", {}, {"ready_by": "2030-01-01T05:00:00Z", "vehicle_id": "7", "soc_percent": 80,
                                         "soc_now_percent": 20})),
        ("cancel 4", ("GET", "charging-needs/4", {}, None)),
    ],
)  # fmt: skip
def test_each_asks_its_route(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    status, _, error = run(f"need {line}")
    assert status == 0, error
    assert wire.last == asked
