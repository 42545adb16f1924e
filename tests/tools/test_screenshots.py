"""The link that a demo prints is found; the pictures themselves are looked at by people."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("screenshots", Path(__file__).parents[2] / "tools" / "screenshots.py")
assert _spec is not None
assert _spec.loader is not None
screenshots = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(screenshots)


def said(text: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", f"print({text!r})"], stdout=subprocess.PIPE, text=True)


def test_the_link_and_the_key_of_the_demo():
    lines = "Ohmstead serves\n  Console   http://127.0.0.1:1/#link=x   (works once)\n  API key   k1\nand so on"
    with said(lines) as demo:
        assert screenshots.introduced(demo) == ("http://127.0.0.1:1/#link=x", "k1")
        demo.wait(30)
    with said("nothing") as demo, pytest.raises(SystemExit):
        screenshots.introduced(demo)
