"""The rules of the house (CONTRIBUTING.md): without an exception list."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "ohmstead"
GENERATED = {SOURCE / "ocpp" / name for name in ("v16.py", "v201.py", "v21.py")} | {
    SOURCE / "client" / name for name in ("operations.py", "sync_operations.py")
}
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path not in GENERATED)
BANNED_NAMES = re.compile(r"(Manager|Service|Helper|Impl|Abstract)")


def short(path: Path) -> str:
    return str(path.relative_to(SOURCE))


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_module_can_be_read_at_one_sitting(path):
    text = path.read_text()
    if "versions" in path.parts:
        return  # a migration is one list of tables, written once
    assert text.count("\n") <= 400, f"{short(path)} has more than 400 lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = (node.end_lineno or 0) - node.body[0].lineno + 1
            assert body <= 40, f"{short(path)}: {node.name} has {body} lines"
        if isinstance(node, ast.ClassDef):
            assert not BANNED_NAMES.search(node.name), f"{short(path)}: {node.name}"


def mirrored(path: Path) -> Path:
    inside = path.relative_to(SOURCE)
    return ROOT / "tests" / inside.parent / f"test_{inside.name}"


def does_something(path: Path) -> bool:
    """Whether there is anything to test: a module of types, tables or statements alone has no behaviour of its own."""
    if path.name in ("__init__.py", "__main__.py") or "migrations" in path.parts:
        return False
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(ast.parse(path.read_text()))
    )


HAS_TESTS = [path for path in MODULES if does_something(path)]


@pytest.mark.parametrize("path", HAS_TESTS, ids=short)
def test_each_module_has_its_tests(path):
    assert mirrored(path).exists(), f"there is no {mirrored(path).relative_to(ROOT)}"


def test_the_way_of_a_call_is_seven_files():
    page = (ROOT / "docs" / "map.md").read_text()
    tour = page.split("## A call")[0]
    files = re.findall(r"\]\(\.\./(src/[^)]+)\)", tour)
    assert len(files) == 7
    lines = sum((ROOT / name).read_text().count("\n") for name in files)
    assert all((ROOT / name).exists() for name in files)
    assert lines < 2_000, f"the tour has {lines} lines"
