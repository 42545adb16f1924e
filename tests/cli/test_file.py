from __future__ import annotations

import json


def test_files_are_listed_shown_and_removed(wire, run):
    wire.answers = [(200, {"data": [], "next_cursor": None})]
    assert run("file list --kind log --station CS1")[0] == 0
    assert wire.last == ("GET", "files", {"limit": "1000", "kind": "log", "station_id": "CS1"}, None)
    assert run("file show 4")[0] == 0
    assert run("file remove 4 --json")[1] == '{"id": "4", "removed": true}\n'


def test_a_file_goes_there_and_back(wire, run, tmp_path):
    (tmp_path / "fw.bin").write_bytes(b"\x00firmware")
    wire.answers = [(201, {"id": "7"})]
    assert run(f"file add {tmp_path / 'fw.bin'} --firmware-version 2.1")[0] == 0
    assert wire.last[:3] == ("POST", "files", {"name": "fw.bin", "firmware_version": "2.1"})
    assert wire.headers["Content-Type"] == "application/octet-stream"
    wire.answers = [(200, b"\x00firmware")]
    out = run(f"file fetch 7 {tmp_path / 'back'} --json")[1]
    assert json.loads(out)["size"] == 9
    assert (tmp_path / "back").read_bytes() == b"\x00firmware"


def test_what_cannot_be_read_or_written_is_said(wire, run, tmp_path):
    assert "cannot be read" in run(f"file add {tmp_path / 'none'}")[2]
    assert "cannot be written" in run(f"file fetch 7 {tmp_path}")[2]
