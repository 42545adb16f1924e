from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("list", ("GET", "test-bench/stations", {"limit": "1000"}, None)),
        (
            "start B1 --persona nulls --ocpp 2.1 --no-drivers --fault drop=0.1 --fault answers.Reset=silence",
            (
                "POST",
                "test-bench/stations",
                {},
                {
                    "id": "B1",
                    "persona": "nulls",
                    "ocpp_version": "2.1",
                    "drivers": False,
                    "faults": {"drop": 0.1, "answers": {"Reset": "silence"}},
                },
            ),
        ),
        ("faults B1", ("PATCH", "test-bench/stations/B1", {}, {"faults": {}})),
        (
            "faults B1 half_open=true once.truncate=1",
            ("PATCH", "test-bench/stations/B1", {}, {"faults": {"half_open": True, "once": {"truncate": 1}}}),
        ),
        ("stop B1", ("DELETE", "test-bench/stations/B1", {}, None)),
        ("runs", ("GET", "test-bench/runs", {"limit": "1000"}, None)),
        ("cancel run_1", ("DELETE", "test-bench/runs/run_1", {}, None)),
    ],
)
def test_verbs(wire, run, line, asked):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run(f"test-bench {line}")[0] == 0
    assert wire.last == asked


def test_the_bench_and_its_personas(wire, run):
    persona = {"name": "nulls", "marks": "odd", "title": "Sends null."}
    wire.answers = [(200, {"enabled": True, "url": "ws://x", "most_stations": 5, "personas": [persona]})]
    out = run("test-bench show")[1]
    assert out.splitlines()[0] == "on: ws://x, 5 stations at most"
    assert out.splitlines()[2].split() == ["nulls", "odd", "Sends", "null."]


def test_a_step_that_does_not_go_is_told(wire, run):
    wire.answers = [(200, {"done": True, "reason": None, "station": {"id": "B1"}})]
    assert run("test-bench step B1 swipe token=04AA evse=2")[0] == 0
    assert wire.last[3] == {"do": "swipe", "token": "04AA", "evse": 2}
    wire.answers = [(200, {"done": False, "reason": "expected Accepted", "station": {}})]
    status, _, error = run("test-bench step B1 boot")
    assert (status, error) == (1, "ohmstead: B1: boot: expected Accepted\n")
    assert "expected NAME=VALUE" in run("test-bench faults B1 drop")[2]


def test_a_run_shows_what_did_not_pass(wire, run, tmp_path):
    good = {"id": "TC_B_01_CSMS", "verdict": "pass", "title": "t", "reason": None}
    bad = {"id": "TC_B_02_CSMS", "verdict": "fail", "title": "t", "reason": "silence"}
    wire.answers = [(200, {"id": "run_1", "state": "failed", "cases": [good, bad], "lines": ["a line"]})]
    out = run("test-bench conform TC_B_* --ocpp 1.6 --patience 5")[1]
    wanted = {"type": "conformance", "ocpp_version": "1.6", "cases": ["TC_B_*"], "patience_s": 5.0}
    assert wire.last[3] == wanted
    assert "TC_B_02_CSMS" in out
    assert "TC_B_01_CSMS" not in out
    assert out.endswith("a line\n")
    file = tmp_path / "x.toml"
    assert "cannot be read" in run(f"test-bench play {file}")[2]
    file.write_text("title = 'x'")
    assert run(f"test-bench play {file} --station B7 --json")[0] == 0
    assert wire.last[3] == {"type": "scenario", "scenario": "title = 'x'", "id": "B7"}
    assert run("test-bench result run_1")[0] == 0
    assert wire.last[:2] == ("GET", "test-bench/runs/run_1")
