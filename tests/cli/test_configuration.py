from __future__ import annotations

from pathlib import Path

import pytest

from ohmstead.cli import Failed
from ohmstead.cli.configuration import config_file, settings


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OHMSTEAD_CONFIG", raising=False)


def test_which_file(tmp_path, monkeypatch):
    assert config_file(None) is None
    Path("ohmstead.toml").write_text("role = 'api'")
    assert config_file(None) == Path("ohmstead.toml")
    assert settings(None).role == "api"
    monkeypatch.setenv("OHMSTEAD_CONFIG", "other.toml")
    assert config_file(None) == Path("other.toml")
    assert config_file(Path("given.toml")) == Path("given.toml")


def test_problems_are_a_failure():
    with pytest.raises(Failed, match="cannot be read: No such file"):
        settings(Path("none.toml"))
