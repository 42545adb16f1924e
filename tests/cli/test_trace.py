"""`ohmstead trace`, through the same entry as from a shell."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ohmstead.cli import main
from ohmstead.traces import reading

FRAMES = Path(__file__).parents[1] / "frames"
RECORDING = str(FRAMES / "mo-16-basic.jsonl")


def test_import_writes_trace_11(tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    assert main(["trace", "import", RECORDING, "--out", str(out)]) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert {line["schemaVersion"] for line in lines} == {"1.1"}
    assert "45 records" in capsys.readouterr().err
    assert main(["trace", "import", RECORDING, "--no-sides"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == sum("messageType" in line for line in lines)
    assert main(["trace", "import", RECORDING, "--out", str(out)]) == 1  # never over another file
    assert str(out) in capsys.readouterr().err


def test_a_file_that_is_no_trace_is_told_in_one_line(tmp_path, capsys):
    path = tmp_path / "x"
    path.write_text(
        '{"schemaVersion":"1.1","timestamp":"2026-01-01T00:00:00Z","messageType":"CALL","direction":"up"}\n'
    )
    assert main(["trace", "lint", str(path)]) == 1
    assert capsys.readouterr().err == f"ohmstead: {path}:1: expected direction cp-to-csms or csms-to-cp, given 'up'\n"
    assert main(["trace", "lint", str(tmp_path / "none")]) == 1


def test_lint_as_text_as_json_and_as_a_page(tmp_path, capsys):
    page = tmp_path / "report.html"
    assert main(["trace", "lint", RECORDING, "--html", str(page)]) == 0
    assert "secret" in capsys.readouterr().out
    assert page.read_text().startswith("<!doctype html>")
    assert main(["trace", "lint", RECORDING, "--json", "--fail-on", "error"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in report["findings"]] == ["secret"]
    assert main(["trace", "lint", str(FRAMES / "vcp-16.jsonl"), "--fail-on", "warning"]) == 0


def test_anonymise_with_a_key_that_is_kept(tmp_path, capsys):
    key, outs = tmp_path / "key", [tmp_path / "1", tmp_path / "2", tmp_path / "3"]
    for out in outs[:2]:
        assert main(["trace", "anonymise", RECORDING, "--out", str(out), "--key-file", str(key)]) == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert outs[0].read_text() == outs[1].read_text()
    assert main(["trace", "anonymise", RECORDING, "--out", str(outs[2])]) == 0
    assert outs[2].read_text() != outs[0].read_text()
    assert "TAG001" not in outs[0].read_text()
    assert len(reading.read(outs[0]).records) == 45
    key.write_text("short")
    assert main(["trace", "anonymise", RECORDING, "--key-file", str(key)]) == 1
    assert "expected a key of 32 characters" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["import", "lint", "anonymise"])
def test_each_verb_has_its_help(verb, capsys):
    assert main(["trace", verb, "--help"]) == 0
    assert verb in capsys.readouterr().out


def test_diff_says_where_another_csms_decides_otherwise(tmp_path, capsys):
    other = tmp_path / "other.jsonl"
    lines = Path(RECORDING).read_text().splitlines()
    lines = [line.replace("Accepted", "Pending") if '"interval"' in line else line for line in lines]
    other.write_text("\n".join(lines))
    assert main(["trace", "diff", RECORDING, RECORDING]) == 0
    capsys.readouterr()
    assert main(["trace", "diff", RECORDING, str(other), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {(one["action"], one["place"], one["was"], one["now"]) for one in found} == {
        ("BootNotification", "/status", "Accepted", "Pending")
    }


def test_replay_without_a_csms_says_so(capsys):
    assert main(["trace", "replay", RECORDING, "--url", "ws://127.0.0.1:1"]) == 1
    assert capsys.readouterr().err.startswith("ohmstead: ws://127.0.0.1:1: MO1: ")
    assert main(["trace", "replay", RECORDING, "--speed", "0"]) == 1
    assert "expected a number above 0" in capsys.readouterr().err


def test_replay_to_a_station_says_what_it_needs(capsys):
    assert main(["trace", "replay", RECORDING, "--bind", "nowhere"]) == 1
    assert "expected HOST:PORT" in capsys.readouterr().err
    assert main(["trace", "replay", RECORDING, "--bind", "127.0.0.1:0", "--recorded", "NOBODY"]) == 1
    assert "expected the name of one of its stations" in capsys.readouterr().err
