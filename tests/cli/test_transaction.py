from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list --station CS1 --state active", ("GET", {"limit": "100", "station_id": "CS1", "state": "active"})),
        ("list --no-incomplete", ("GET", {"limit": "100", "incomplete": "false"})),
        ("show 5", ("GET", {})),
        ("stop 5 --wait 3", ("POST", {"wait": "3.0"})),
        ("missing --state open", ("GET", {"limit": "100", "state": "open"})),
        ("reconcile 5", ("POST", {})),
        ("signed-values 5 --json", ("GET", {})),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None, "state": "accepted"})]
    assert run(f"transaction {line}")[0] == 0
    assert (wire.last[0], wire.last[2]) == asked


def test_a_stop_that_is_refused_exits_1(wire, run):
    wire.answers = [(200, {"state": "rejected"})]
    assert run("transaction stop 5")[0] == 1


def test_records_are_a_table_of_versions(wire, run):
    record = {"version": 2, "reason": "amended", "sealed_at": "then", "transaction": {"energy_wh": 7.0, "token": "T"}}
    wire.answers = [(200, [record])]
    status, shown = run("transaction records 5")[:2]
    assert status == 0
    assert all(word in shown for word in ("2", "amended", "7.0", "T"))
