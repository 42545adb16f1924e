from __future__ import annotations

import importlib.util
from pathlib import Path

from ohmstead.domain.words import words

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_data_says() -> None:
    spec = importlib.util.spec_from_file_location("vocabulary_page", ROOT / "tools" / "vocabulary_page.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    text = tool.vocabulary_page()
    assert text == (ROOT / "docs" / "reference" / "vocabulary.md").read_text()
    assert all(f"| `{name}` |" in text for name in words())
