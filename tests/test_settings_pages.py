"""The settings as pages."""

from __future__ import annotations

from pathlib import Path

from ohmstead.settings import Settings
from ohmstead.settings_pages import commented_toml, reference_rows
from ohmstead.settings_reading import load
from tests.test_settings_reading import written


def test_the_commented_file_reads_back_as_what_it_was_made_of(tmp_path: Path) -> None:
    made = load(None, {"OHMSTEAD_GATEWAY__BIND": ":1", "OHMSTEAD_STATIONS__UNASKED_CALLS": "reconcile"})
    text = commented_toml(made)
    assert load(written(tmp_path, text), {}) == made
    assert '\nbind = ":1"' in text
    assert "\n# max_message = 1048576" in text
    assert load(written(tmp_path, commented_toml(Settings())), {}) == Settings()


def test_the_reference_page_lists_every_key_as_it_is() -> None:
    page = (Path(__file__).parents[1] / "docs/reference/settings.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == reference_rows()
