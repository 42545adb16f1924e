"""What is done with the libraries of the console, without npm."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[2] / "tools" / "console_libraries.py"


@pytest.fixture
def tool():
    spec = importlib.util.spec_from_file_location("console_libraries", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("own", "text", "wanted"),
    [
        ("preact/hooks/hooks.module.js", 'import{options as n}from"preact";', 'from"../../preact/preact.module.js"'),
        ("@preact/signals/s.js", 'from"preact/hooks"', 'from"../../preact/hooks/hooks.module.js"'),
        ("a/a.js", 'import "htm"', 'import "../htm/htm.module.js"'),
        ("a/a.js", 'from"./own.js";x="preact"', 'from"./own.js";x="preact"'),
    ],
)
def test_names_become_paths_in_imports_only(tool, own, text, wanted):
    assert wanted in tool.rewritten(text + "\n//# sourceMappingURL=x.map", own)
    assert "sourceMappingURL" not in tool.rewritten("\n//# sourceMappingURL=x.map", own)


def test_nothing_is_done_where_the_stamp_is_right(tool, tmp_path, monkeypatch):
    (tmp_path / "console").mkdir()
    (tmp_path / "console" / "package-lock.json").write_text("{}")
    vendor = tmp_path / "src/ohmstead/console/vendor"
    vendor.mkdir(parents=True)
    (vendor / "lock.sha256").write_text(tool.stamp(tmp_path))
    monkeypatch.setattr(tool, "npm", None)
    assert not tool.take(tmp_path)
    (tmp_path / "console" / "package-lock.json").write_text("{ }")
    assert not tool.is_stamped(vendor, tool.stamp(tmp_path))
