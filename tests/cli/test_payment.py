from __future__ import annotations

import pytest

BODY = {"station_id": "CS1", "evse_id": 1, "reference": "PSP-1", "amount": "5.00", "currency": "EUR"}


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list --state settled", ("GET", "payments", {"limit": "100", "state": "settled"}, None)),
        ("show pay_1", ("GET", "payments/pay_1", {}, None)),
        ("start CS1 1 PSP-1 5.00 EUR", ("POST", "payments", {}, BODY)),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"payment {line}")[0] == 0
    assert wire.last == asked


def test_qr_codes(wire, run):
    wire.answers = [(200, {"id": "c", "state": "accepted", "calls": [], "reason": None, "answer": None})]
    assert run("payment qr-codes CS1 --validity 30")[0] == 0
    assert wire.last == ("PUT", "stations/CS1/qr-codes", {"wait": "30"}, {"validity_s": 30, "length": 8})
