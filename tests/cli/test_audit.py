from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("", {"limit": "1000"}),
        ("--subject CS1 --action station.change --actor key:k --limit 5",
         {"limit": "5", "subject": "CS1", "action": "station.change", "actor": "key:k"}),
    ],
)  # fmt: skip
def test_the_audit_is_asked_for(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"audit {line}".strip())[0] == 0
    assert wire.last == ("GET", "audit", asked, None)
