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
        (
            f"start --until {END} --limit-w 5 --group Depots --group 9",
            ("POST", "demand-response/events", {}, {"site_ids": [], "group_ids": ["7", "9"], "to": END, "limit_w": 5,
                                                    "ramp_s": 0, "priority": 0, "name": ""}),
        ),
        (
            f"settlement --from {END} --until {END} --group Depots",
            ("GET", "demand-response/settlement", {"from": END, "to": END, "group_id": "7"}, None),
        ),
        ("openadr", ("GET", "demand-response/openadr", {}, None)),
        (
            "signal --site 1 --site 2 -- -3",
            ("POST", "afrr-signals", {"wait": "5"}, {"signal": -3, "site_ids": ["1", "2"]}),
        ),
        ("groups", ("GET", "site-groups", {"limit": "1000"}, None)),
        ("group Depots 1 2", ("PATCH", "site-groups/7", {}, {"name": "Depots", "site_ids": ["1", "2"]})),
        ("group Yards 3", ("POST", "site-groups", {}, {"name": "Yards", "site_ids": ["3"]})),
        ("ungroup Depots", ("DELETE", "site-groups/7", {}, None)),
        ("report 4", ("GET", "demand-response/events/4/report", {}, None)),
    ],
)  # fmt: skip
def test_each_asks_its_route(wire, run, line, asked):
    interval = {"from": "a", "to": "b", "asked_w": 1, "baseline_w": 2, "measured_w": None, "shed_w": None}
    known = [{"id": "7", "name": "Depots", "site_ids": ["1"]}]
    answer = {
        "data": known,
        "sites": [],
        "next_cursor": None,
        "intervals": [interval],
        "shed_wh": 5,
        "asked_shed_wh": 6,
    }
    wire.answers = [(200, answer | {"complete": False})]
    status, _, error = run(f"demand-response {line}")
    assert status == 0, error
    assert wire.last == asked
