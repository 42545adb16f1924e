"""The verbs of the vendor catalogue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROW = """[[quirk]]
name = "acme"
title = "t"
why = "w"
evidence = ["https://example.org/1"]
match = { vendor = ["Acme"] }
answered_by = "repair"
repairs = [{ fix = "token_without_suffix", value = "_" }]
[[quirk.sample]]
frame = '[2,"1","Authorize",{"idTag":"a_b"}]'
becomes = '{"idTag":"a"}'
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "acme.toml"
    path.write_text(ROW)
    return path


def test_list(run, tmp_path, file):
    config = tmp_path / "ohmstead.toml"
    config.write_text(f'[stations]\nvendor_files = ["{file}"]\n')
    status, out, _ = run(f"vendor list --config {config} --json")
    assert status == 0
    assert {"acme", "keba-token-with-serial"} <= {row["name"] for row in json.loads(out)}


def test_a_file_is_run(run, file):
    assert run(f"vendor test {file}")[:2] == (0, "acme: 1 samples are right\n")
    file.write_text(ROW.replace('"a"}', '"b"}'))
    status, out, _ = run(f"vendor test {file}")
    assert status == 1
    assert out == 'acme: sample 1: it becomes {"idTag":"a"}\n'


def test_a_mistake_in_a_file(run, file):
    file.write_text(ROW.replace("fix =", "fixx ="))
    status, _, err = run(f"vendor test {file}")
    assert status == 1
    assert f"{file}:8: quirk.1.repairs" in err


def test_recorded_frames(run, file, tmp_path):
    frames = tmp_path / "frames.jsonl"
    one = '[2,"1","Authorize",{"idTag":"04_9"}]'
    frames.write_text("\n".join([one, json.dumps({"frame": one}), '[2,"2","Heartbeat",{}]', "no JSON"]))
    status, out, _ = run(f"vendor test {file} --frames {frames}")
    assert status == 0
    assert out.splitlines()[1:] == [
        'frame 1: acme: token_without_suffix: {"idTag":"04"}',
        'frame 2: acme: token_without_suffix: {"idTag":"04"}',
        "4 frames, 2 changed, 1 unreadable",
    ]
    assert run(f"vendor test {file} --frames {tmp_path / 'none'}")[0] == 1


def test_learn(wire, run):
    message = {"direction": "in", "frame": None, "action": "Authorize", "message_id": "1", "payload": {"idTag": 7}}
    page = {"next_cursor": None}
    wire.answers = [
        (200, {"vendor": "V", "model": "M", "ocpp_version": "1.6", "firmware_version": None}),
        (200, {"data": [], **page}),
        (200, {"data": [message, {**message, "direction": "out"}], **page}),
    ]
    status, out, _ = run("vendor learn CS1")
    assert status == 0
    assert 'match = { vendor = ["V"], model = ["M"], firmware = "*", versions = ["1.6"] }' in out
    assert '\'[2,"1","Authorize",{"idTag":7}]\'' in out
