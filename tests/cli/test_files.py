"""Files of JSON that are handed over."""

from __future__ import annotations

import io

import pytest

from ohmstead.cli import Failed
from ohmstead.cli.files import read_json


def test_a_file_and_standard_input(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.json").write_text('{"a": "ü"}', "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("[1]"))
    assert read_json(str(tmp_path / "one.json")) == {"a": "ü"}
    assert read_json("-") == [1]


def test_what_is_wrong_is_said(tmp_path) -> None:
    (tmp_path / "bad.json").write_text("{", "utf-8")
    with pytest.raises(Failed, match=r"bad\.json is not JSON"):
        read_json(str(tmp_path / "bad.json"))
    with pytest.raises(Failed, match="No such file"):
        read_json(str(tmp_path / "none.json"))
