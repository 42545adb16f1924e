from __future__ import annotations

import json

from tests.cli.test_progress import COMMAND, page, procedure


def test_a_log_is_asked_for_followed_and_fetched(wire, run, tmp_path):
    done, into = procedure("done", "Uploading", "Uploaded", file_id="9"), tmp_path / "log.txt"
    wire.answers = [(200, {"ocpp_version": "1.6"}), (202, COMMAND), page(done), (200, done), (200, b"the log")]
    status, out, err = run(f"logs start CS1 --follow 60 --into {into} --json")
    assert (status, into.read_bytes(), json.loads(out)["told"]) == (0, b"the log", {"file_id": "9"})
    assert wire.asked[1][3] == {"type": "get_diagnostics"}
    assert err == "T0 Uploading\nT1 Uploaded\n"
    empty = procedure("done", "Uploaded")
    wire.answers = [(200, {"ocpp_version": "2.0.1"}), (202, COMMAND), page(empty), (200, empty)]
    assert "nothing came" in run(f"logs start CS1 --follow 60 --into {into}")[2]
    assert wire.asked[6][3] == {"type": "get_log", "log_type": "diagnostics"}
    assert "--into needs --follow" in run(f"logs start CS1 --into {into}")[2]


def test_logs_are_listed_and_the_newest_fetched(wire, run, tmp_path):
    listed = page(procedure("running", "Uploading"), procedure("done", "Uploaded", file_id="9"))
    wire.answers = [listed]
    assert "9" in run("logs list CS1")[1]
    wire.answers = [listed, (200, b"the log")]
    assert json.loads(run(f"logs download CS1 {tmp_path / 'l'} --json")[1])["file_id"] == "9"
    wire.answers = [listed]
    assert "brought no such log" in run(f"logs download CS1 {tmp_path / 'l'} --procedure other")[2]
    wire.answers = [listed, (200, b"the log")]
    assert "cannot be written" in run(f"logs download CS1 {tmp_path}")[2]
