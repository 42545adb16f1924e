from __future__ import annotations

import io
import json
import sys

import pytest

from ohmstead import runtime
from ohmstead.cli import output


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), ([], "-"), ({}, "-"), (True, "yes"), (False, "no"), ("ü", "ü"), (0, "0"), (1.5, "1.5"), ([1], "[1]")],
)
def test_text(value, text):
    assert output.text(value) == text


def test_columns_line_up(capsys):
    output.show_list([{"a": "long value", "b": 1}, {"a": "x", "b": None}], ("a", "b"), False)
    assert capsys.readouterr().out == "A           B\nlong value  1\nx           -\n"


def test_json_is_one_document_with_everything(capsys):
    output.show_list([{"a": 1, "hidden": "ü"}], ("a",), True)
    assert json.loads(capsys.readouterr().out) == [{"a": 1, "hidden": "ü"}]
    output.show({"a": 1}, True)
    assert json.loads(capsys.readouterr().out) == {"a": 1}


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("file", "seen"), [(Terminal, True), (io.StringIO, False)])
def test_long_work_is_counted_where_somebody_sees_it(monkeypatch, file, seen):
    now = [0.0]
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(runtime, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys, "stderr", told := file())
    with output.progress("stations") as advance:
        advance(1000)
        assert told.getvalue() == ""  # nobody has waited yet
        now[0] = 2.5
        advance(1000)
    assert ("stations: 2,000" in told.getvalue()) is seen
