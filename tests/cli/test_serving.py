from __future__ import annotations

import json
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from ohmstead.cli import serving
from ohmstead.settings import Settings
from ohmstead.settings_reading import load


class CannotStart(Exception):
    pass


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("OHMSTEAD_CONFIG", "OHMSTEAD_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def called(monkeypatch):
    """What app and demo were asked."""
    seen = []

    def start(given, *_):
        seen.append(given)
        if getattr(given, "data_dir", "") == "locked":
            raise CannotStart("Another ohmstead serves it; stop it.")
        return 1

    found = SimpleNamespace(serve=start, demo=start, DemoOptions=SimpleNamespace, CannotStart=CannotStart)
    monkeypatch.setattr(serving, "_found", lambda name: found)
    return seen


def test_serve_takes_settings_and_role(called, run):
    Path("o.toml").write_text("role = 'api'\n")
    assert run("serve --config o.toml")[0] == 0
    run("serve --config o.toml --role worker")
    assert [settings.role for settings in called] == ["api", "worker"]
    assert run("serve --role door")[0] == 2


def test_what_cannot_start_says_why_in_one_line(called, run):
    Path("ohmstead.toml").write_text("data_dir = 'locked'")
    assert run("serve") == (1, "", "ohmstead: Another ohmstead serves it; stop it\n")


def test_wrong_settings_are_a_failure(called, run):
    Path("ohmstead.toml").write_text("rôle = 1\n[gateway]\nbind = 5")
    Path("ohmstead.toml").write_text("roel = 'api'\n[gateway]\nbind = 5")
    status, _, err = run("serve")
    assert (status, called, err.count("\n")) == (1, [], 1)
    assert "roel: unknown key; the nearest one is role" in err
    assert "gateway.bind: expected HOST:PORT or empty, given 5" in err


def test_demo_takes_its_options_and_gives_the_status(called, run):
    assert run("demo --stations 2 --seed 9 --once --api 127.0.0.1:0")[0] == 1
    assert (called[0].stations, called[0].seed, called[0].once, called[0].keep) == (2, 9, True, None)


def test_init_writes_what_serve_reads_and_leaves_what_is_there(run):
    status, out, _ = run("init --data-dir data")
    assert (status, out.splitlines()[-1]) == (0, "next: ohmstead serve")
    assert load("ohmstead.toml", {}) == Settings(data_dir="data")
    key = Path("data/admin.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_text(), Path("ohmstead.toml").read_text()
    assert run("init --data-dir data")[1] == "next: ohmstead serve\n"
    assert before == (key.read_text(), Path("ohmstead.toml").read_text())


def test_check_config_shows_what_counts(run, monkeypatch):
    monkeypatch.setenv("OHMSTEAD_DATABASE_URL", "postgresql://me:hush@db/o")
    status, out, _ = run("check config --json")
    assert (status, json.loads(out)["database_url"]) == (0, "postgresql://me:***@db/o")


def test_db_upgrade_makes_the_schema(run):
    status, out, _ = run("db upgrade")
    assert (status, out.startswith("the schema is at revision ")) == (0, True)
    assert Path("ohmstead-data/ohmstead.db").exists()


def test_db_upgrade_says_when_nobody_answers(run, monkeypatch, tmp_path):
    monkeypatch.setenv("OHMSTEAD_DATABASE_URL", f"postgresql://me:hush@/o?host={tmp_path}")
    status, _, err = run("db upgrade")
    assert (status, "is the database running?" in err, "hush" in err) == (1, True, False)
