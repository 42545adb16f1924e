"""The page of vendors says what the catalogue knows, and lies where it was written."""

from __future__ import annotations

from pathlib import Path

from ohmstead.vendors import catalogue
from ohmstead.vendors.page import page


def test_every_row_is_on_the_committed_page() -> None:
    rows = catalogue(()).rows
    text = page(rows)
    assert text == (Path(__file__).parents[2] / "docs/reference/vendors.md").read_text("utf-8")
    for row in rows:
        assert row.title in text
        assert row.advice in text
