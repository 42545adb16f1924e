from __future__ import annotations

import pytest

STATEMENT = {
    "holder_id": "flat7", "name": "M. Weber", "unit": "7", "energy_wh": 6000,
    "open": 0, "as_of": "2026-11-01T00:00:00Z",
    "totals": [{"currency": "EUR", "net": "2.10", "tax": "0.00", "total": "2.10"}],
    "lines": [{"transaction_id": "5", "energy_wh": 6000}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list", ("GET", "holders", {"limit": "1000"}, None)),
        ("show a", ("GET", "holders/a", {}, None)),
        ("add a G Weber --unit 7", ("POST", "holders", {}, {"id": "a", "group": "G", "name": "Weber", "unit": "7"})),
        ("change a --unit 8", ("PATCH", "holders/a", {}, {"unit": "8"})),
        ("remove a", ("DELETE", "holders/a", {}, None)),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"holder {line}")[0] == 0
    assert wire.last == asked


def test_statements(wire, run):
    wire.answers = [(200, STATEMENT)]
    _, out, _ = run("holder statement flat7 2026-11 --as-of 2026-12-01T00:00:00Z")
    assert wire.last == ("GET", "holders/flat7/statements/2026-11", {"as_of": "2026-12-01T00:00:00Z"}, None)
    assert "6000 Wh, 2.10 EUR (net 2.10, tax 0.00); as of 2026-11-01T00:00:00Z, 0 still open" in out
    fee = {"reservation_id": "17", "reason": "expired", "total": "8.00", "currency": "EUR"}
    wire.answers = [(200, STATEMENT | {"fees": [fee]})]
    assert "17" in run("holder statement flat7 2026-11")[1]
    wire.answers = [(200, b"token,total\r\nA,1.40\r\n")]
    assert run("holder statement flat7 2026-11 --csv")[1] == "token,total\r\nA,1.40\r\n"
    wire.answers = [(200, {"data": [STATEMENT], "next_cursor": None})]
    assert "2.10 EUR" in run("holder statements 2026-11")[1]
