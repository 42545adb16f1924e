from __future__ import annotations

import pytest

END = "2030-01-01T19:00:00Z"


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list --state active", ("GET", "demand-response/events", {"limit": "100", "state": "active"}, None)),
        ("show 4", ("GET", "demand-response/events/4", {}, None)),
        (
            f"start 1 2 --until {END} --shed-percent 30 --ramp-s 300",
            ("POST", "demand-response/events", {}, {"site_ids": ["1", "2"], "to": END, "shed_percent": 30,
                                                    "ramp_s": 300, "priority": 0, "name": ""}),
        ),
        ("opt-out 4 2", ("PATCH", "demand-response/events/4", {}, {"opt_out": ["2"]})),
        ("cancel 4", ("POST", "demand-response/events/4/cancel", {}, None)),
        ("report 4", ("GET", "demand-response/events/4/report", {}, None)),
    ],
)  # fmt: skip
def test_each_asks_its_route(wire, run, line, asked):
    interval = {"from": "a", "to": "b", "asked_w": 1, "baseline_w": 2, "measured_w": None, "shed_w": None}
    answer = {"data": [], "next_cursor": None, "intervals": [interval], "shed_wh": 5, "asked_shed_wh": 6}
    wire.answers = [(200, answer | {"complete": False})]
    status, _, error = run(f"demand-response {line}")
    assert status == 0, error
    assert wire.last == asked
