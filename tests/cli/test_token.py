from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list --q 04", ("GET", "tokens", {"limit": "1000", "q": "04"}, None)),
        ("show 04 --type eMAID", ("GET", "tokens/04", {"type": "eMAID"}, None)),
        (
            "add 04 --holder Ann",
            ("POST", "tokens", {}, {"token": "04", "type": "ISO14443", "status": "accepted", "holder": "Ann"}),
        ),
        ("change 04 --status blocked", ("PATCH", "tokens/04", {}, {"status": "blocked"})),
        ("remove 04", ("DELETE", "tokens/04", {}, None)),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"token {line}")[0] == 0
    assert wire.last == asked
