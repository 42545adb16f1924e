"""The mutants of the support matrix: two rows here, all of them by `python tools/mutants.py`."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ohmstead.blocks.support import support

ROOT = Path(__file__).resolve().parents[2]
ROWS = ["1.6:StatusNotification", "2.1:Reset"]


@pytest.fixture(scope="module")
def mutants() -> Any:
    spec = importlib.util.spec_from_file_location("mutants", ROOT / "tools" / "mutants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_row_has_tests_and_a_smallest_answer(mutants: Any):
    rows = support()
    assert len(rows) == 39 + 64 + 91
    for row in rows:
        assert row.module, f"{row.version} {row.action}: nothing knows it"
        assert mutants.tests_of(row), f"{row.version} {row.action}"
        if row.direction != "csms":
            mutants.smallest(row.version, row.action)


@pytest.mark.system
def test_a_handler_that_does_nothing_is_noticed():
    done = subprocess.run(
        [sys.executable, "tools/mutants.py", *ROWS], capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "2 of 2 rows are noticed"


def test_rows_that_there_are_not_are_no_success(mutants: Any):
    assert mutants.main(["1.6:Nonsense"]) == 1
