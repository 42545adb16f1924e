from __future__ import annotations

import io
import json

import pytest

BILL = {
    "lines": [{"text": "energy", "quantity": "5", "price": "0.4", "amount": "2"}],
    "net": "2.00", "tax": "0.38", "total": "2.38", "currency": "EUR", "reason": "ended",
}  # fmt: skip


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tariff.json"
    path.write_text(json.dumps({"name": "n"}))
    return path


def test_verbs(wire, run, file):
    for line, asked in [
        ("list", ("GET", "tariffs", {"limit": "1000"}, None)),
        ("show a", ("GET", "tariffs/a", {}, None)),
        (f"add {file}", ("POST", "tariffs", {}, {"name": "n"})),
        (f"change a {file}", ("PUT", "tariffs/a", {}, {"name": "n"})),
        ("remove a", ("DELETE", "tariffs/a", {}, None)),
    ]:
        wire.answers = [(200, {"data": [], "next_cursor": None})]
        assert run(f"tariff {line}")[0] == 0
        assert wire.last == asked


@pytest.mark.parametrize(
    ("line", "path"),
    [("tariff add -", "tariffs"), ("desired put a -", "desired/a"), ("desired station CS1 -", "stations/CS1/desired")],
)
def test_a_file_from_standard_input(wire, run, monkeypatch, line, path):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"name": "n"}'))
    wire.answers = [(200, {})]
    assert run(line)[0] == 0
    assert wire.last[1:] == (path, {}, {"name": "n"})


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("simulate a 7", ("POST", "tariffs/a/simulate", {}, {"transaction_id": "7"})),
        ("bill 7", ("GET", "transactions/7/bill", {}, None)),
    ],
)
def test_a_bill_line_by_line(wire, run, line, asked):
    wire.answers = [(200, BILL)]
    status, out, _ = run(f"tariff {line}")
    assert (status, wire.last) == (0, asked)
    assert "energy" in out
    assert "net 2.00, tax 0.38, total 2.38 EUR (ended)" in out
    assert json.loads(run(f"tariff {line} --json")[1]) == BILL


@pytest.mark.parametrize(("text", "said"), [(None, "cannot be read"), ("{", "is not JSON")])
def test_a_file_that_cannot_be_used(wire, run, tmp_path, text, said):
    path = tmp_path / "x.json"
    if text is not None:
        path.write_text(text)
    status, _, error = run(f"tariff add {path}")
    assert status == 1
    assert said in error
