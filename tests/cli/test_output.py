from __future__ import annotations

import json

import pytest

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
