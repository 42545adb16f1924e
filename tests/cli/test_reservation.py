from __future__ import annotations

import pytest

BODY = {"station_id": "CS1", "token": "T", "expires_at": "2099-01-01T00:00:00Z", "evse_id": 2, "group": "G"}


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list --state active", ("GET", "reservations", {"limit": "100", "state": "active"}, None)),
        ("show 5", ("GET", "reservations/5", {}, None)),
        (
            "add CS1 T --expires-at 2099-01-01T00:00:00Z --evse 2 --group G",
            ("POST", "reservations", {}, BODY),
        ),
        ("cancel 5", ("GET", "reservations/5", {}, None)),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})] * 2
    assert run(f"reservation {line}")[0] == 0
    assert wire.last == asked
