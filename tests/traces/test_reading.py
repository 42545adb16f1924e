from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.traces import reading, trace11
from ohmstead.traces.reading import read
from ohmstead.traces.record import TO_CSMS, TO_STATION, BadTrace, exchanges

FRAMES = Path(__file__).parents[1] / "frames"
FRAME = '[2,"1","Heartbeat",{}]'
ANSWER = '[3,"1",{"currentTime":"2026-01-01T00:00:00Z"}]'


def file(folder: Path, text: str | bytes) -> Path:
    path = folder / "trace"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("path", sorted(FRAMES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_recordings_survive_the_way_through_trace_11(tmp_path, path):
    first = read(path).records
    lines = [trace11.line(one) for one in exchanges(first)]
    again = read(file(tmp_path, "".join(f"{line}\n" for line in lines))).records
    assert len(first) > 20

    def seen(records):
        return [
            (one.at // 1000, one.identity, one.version, one.kind, one.direction, one.text, one.connection)
            for one in records
        ]

    assert seen(again) == seen(first)


@pytest.mark.parametrize(
    "text",
    [
        f"{FRAME}\n{ANSWER}\n",
        f"[{FRAME},{ANSWER}]",
        json.dumps([json.loads(FRAME), json.loads(ANSWER)], indent=2),
        f"2026-01-01T00:00:00Z {FRAME}\n2026-01-01T00:00:01Z {ANSWER}",
        f'{{"timestamp":1,"message":{FRAME}}}\n\n{{"timestamp":2,"message":{json.dumps(ANSWER)}}}',
        "﻿" + f'[{{"timestamp":1,"message":{FRAME}}},{{"timestamp":2,"message":{ANSWER}}}]',
        f"# a log\r\nINFO:ocpp:CP: receive message {FRAME}\r\nnoise\r\nINFO:ocpp:CP: send {ANSWER}",
        'INFO:ocpp:CP: receive message [2,"1","Heartbeat",\n{\n}]\nINFO:ocpp:CP: send ' + ANSWER,
        '{"messages": [\n {"charger_id": "CP", "event_type": 2, "direction": "FROM_CP", "raw_frame": '
        + json.dumps(FRAME)
        + '},\n {"charger_id": "CP", "event_type": 2, "direction": "TO_CP", "raw_frame": '
        + json.dumps(ANSWER)
        + "}]}",
    ],
)
def test_every_form_gives_the_same_conversation(tmp_path, text):
    found = read(file(tmp_path, text)).records
    assert [(one.direction, json.loads(one.text)) for one in found] == [
        (TO_CSMS, json.loads(FRAME)),
        (TO_STATION, json.loads(ANSWER)),
    ]


def test_the_log_of_a_station_is_read_the_other_way(tmp_path):
    log = f"INFO:ocpp:CP: send {FRAME}\nINFO:ocpp:CP: receive message {ANSWER}\n"
    found = read(file(tmp_path, log), station_log=True).records
    assert [one.direction for one in found] == [TO_CSMS, TO_STATION]


def test_lines_that_are_not_ocpp_are_counted(tmp_path):
    trace = read(file(tmp_path, f"one\n{FRAME}\ntwo\n\nthree\n"))
    assert (len(trace.records), trace.skipped, trace.records[0].line) == (1, 3, 2)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("", None, "expected OCPP frames in a form that is known"),
        ("hello\nworld\n", None, "found none"),
        ('{"schemaVersion":"1.1"}\n', 1, "expected a time"),
        (f'{{"message":{FRAME}}}\nnot json\n', 2, "expected a JSON object, given 'not json'"),
        (f'{{"message":{FRAME}}}\n[1]\n', 2, "expected a JSON object"),
        (b"[2,\xff\n", 1, "expected UTF-8"),
        (f"[{FRAME}, 7]", 2, "expected a frame or an object, given 7"),
    ],
)
def test_a_mistake_names_file_line_and_what_was_expected(tmp_path, text, line, expected):
    path = file(tmp_path, text)
    with pytest.raises(BadTrace) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert expected in str(caught.value)


def test_what_is_no_file_or_too_large_is_refused(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(BadTrace, match="expected a regular file"):
            read(path)
    with pytest.raises(BadTrace, match="cannot be read"):
        read(tmp_path / "nothing")
    monkeypatch.setattr(reading, "MAX_FILE", 10)
    with pytest.raises(BadTrace, match="expected at most"):
        read(file(tmp_path, FRAME))
    monkeypatch.undo()
    monkeypatch.setattr(reading, "MAX_LINE", 10)
    with pytest.raises(BadTrace, match=":1: expected lines of at most"):
        read(file(tmp_path, FRAME))
    monkeypatch.undo()
    monkeypatch.setattr(reading, "MAX_RECORDS", 2)
    with pytest.raises(BadTrace, match="expected at most 2 records"):
        read(file(tmp_path, f"{FRAME}\n" * 3))


def mistake(path: Path) -> str:
    """What is wrong with a file; empty when it is a trace."""
    try:
        read(path)
    except BadTrace as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "text",
    [
        "[" * 500_000,
        '{"a":' * 200_000,
        '{"messages":[' * 50_000,
        "[chargeBoxId=" * 50_000,
        "2026-01-01 " * 50_000 + "[2,",
        "a: send " * 100_000,
        ("INFO:ocpp:CP: send [2,\n" + "{\n" * 60) * 300,
        '{"message":' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
    ids=range(8),
)
def test_a_hostile_file_is_read_or_refused_in_a_moment(tmp_path, text):
    path, begun = file(tmp_path, text), time.monotonic()
    assert len(mistake(path)) < 500
    assert time.monotonic() - begun < 5


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "ignore"))))
def test_any_file_is_a_trace_or_a_mistake(tmp_path_factory, data):
    path = file(tmp_path_factory.getbasetemp(), data)
    assert mistake(path) == "" or str(path) in mistake(path)
