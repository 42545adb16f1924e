from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list", ("GET", "vehicles", {"limit": "1000"}, None)),
        ("add Bus12 T1 T2 --battery-wh 300000",
         ("POST", "vehicles", {}, {"name": "Bus12", "tokens": ["T1", "T2"], "battery_wh": 300000})),
        ("remove 4", ("DELETE", "vehicles/4", {}, None)),
    ],
)  # fmt: skip
def test_each_asks_its_route(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    status, _, error = run(f"vehicle {line}")
    assert status == 0, error
    assert wire.last == asked
