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


def test_a_bill(wire, run):
    line = {"text": "reserved and not used", "quantity": "1", "price": "3", "amount": "3"}
    bill = {"lines": [line], "net": "3.00", "tax": "0.00", "total": "3.00", "currency": "EUR", "reason": "expired"}
    wire.answers = [(200, bill)]
    _, out, _ = run("reservation bill 17")
    assert wire.last == ("GET", "reservations/17/bill", {}, None)
    assert "reserved and not used" in out
    assert "total 3.00 EUR (expired)" in out
