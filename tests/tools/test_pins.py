"""With plain pip come the versions that uv.lock names."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
WANTED = re.compile(r"[A-Za-z0-9_.-]+")


def test_all_that_is_asked_for_is_pinned() -> None:
    spec = importlib.util.spec_from_file_location("pins", ROOT / "tools" / "pins.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    lines = tool.pins((ROOT / "uv.lock").read_text()).splitlines()
    pinned = dict(line.split("==") for line in lines)
    assert len(pinned) == len(lines)
    assert all(pinned.values())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {found[0].lower() for one in asked if (found := WANTED.match(one))}
    assert "ruff" in names
    assert names - pinned.keys() == set()
    assert "ohmstead" not in pinned


def test_setup_without_uv_uses_them() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "tools/pins.py > .venv/constraints.txt" in makefile
    assert "--constraint .venv/constraints.txt" in makefile
