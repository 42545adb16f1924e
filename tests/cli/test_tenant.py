from __future__ import annotations

import pytest


@pytest.mark.parametrize(("line", "method", "body"), [("list", "GET", None), ("add north", "POST", {"name": "north"})])
def test_verbs(wire, run, line, method, body):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"tenant {line}")[0] == 0
    assert (*wire.last[:2], wire.last[3]) == (method, "tenants", body)
