from __future__ import annotations

import json

import pytest

BODY = {"desired": {"local_list": True}}


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list", ("GET", "desired", {"limit": "1000"}, None)),
        ("show all", ("GET", "desired/all", {}, None)),
        ("put all FILE", ("PUT", "desired/all", {}, BODY)),
        ("remove all", ("DELETE", "desired/all", {}, None)),
        ("station CS1", ("GET", "stations/CS1/desired", {}, None)),
        ("station CS1 FILE", ("PUT", "stations/CS1/desired", {}, BODY)),
        ("drift --state held", ("GET", "drift", {"limit": "1000", "state": "held"}, None)),
        ("retry CS1", ("POST", "stations/CS1/reconcile", {}, None)),
    ],
)
def test_verbs(wire, run, tmp_path, line, asked):
    file = tmp_path / "desired.json"
    file.write_text(json.dumps(BODY))
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"desired {line.replace('FILE', str(file))}")[0] == 0
    assert wire.last == asked


def test_drift_is_told_in_words(wire, run):
    difference = {"what": "a", "wanted": 1, "actual": 0, "reason": "Rejected", "attempts": 1, "next_try_at": None}
    wire.answers = [(200, {"state": "waiting", "text": "1 of 2 are not as declared.", "differences": [difference]})]
    status, out, _ = run("desired drift CS1")
    assert status == 0
    assert "waiting: 1 of 2 are not as declared." in out
    assert "Rejected" in out
