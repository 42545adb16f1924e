"""The walls of pyproject.toml stand: whoever climbs over one is seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PLANTED = [
    # in which room, what it must not import, the wall that it breaks
    ("domain", "import ohmstead.store.db", "Who may import whom"),
    ("api", "import ohmstead.gateway.hub", "Who may import whom"),
    ("store", "import ohmstead.blocks", "Who may import whom"),
    ("gateway", "from ohmstead.ocpp import v201", "The generated messages"),
    ("domain", "import asyncio", "The domain is pure"),
    ("simulator", "import ohmstead.domain.metering", "an independent witness"),
    ("gateway", "import ocpp.messages", "the code of the ocpp package"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, where something can be planted in it."""
    folder = tmp_path_factory.mktemp("walls")
    ignore = shutil.ignore_patterns("__pycache__", "*.html", "*.js", "*.css")
    shutil.copytree(ROOT / "src", folder / "src", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def judged(folder: Path) -> tuple[int, str]:
    """What the wall check says of the package in `folder`."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def broken(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.endswith("BROKEN")]


def test_no_wall_is_broken(copy: Path) -> None:
    code, text = judged(copy)
    assert (code, broken(text)) == (0, []), text


def test_each_planted_violation_is_seen(copy: Path) -> None:
    """All at once: each wall names the module that breaks it."""
    for number, (room, line, _) in enumerate(PLANTED):
        path = copy / "src" / "ohmstead" / room / f"planted_{number}.py"
        path.write_text(f"{line}\n")
    code, text = judged(copy)
    assert code == 1, text
    for number, (room, line, wall) in enumerate(PLANTED):
        assert [one for one in broken(text) if wall in one], f"{wall} stands in spite of {line}:\n{text}"
        name = f"ohmstead.{room}.planted_{number}"
        assert f"{name} ->" in text or f"{name} is not allowed" in text, f"{name} is not named:\n{text}"
