from __future__ import annotations

from ohmstead.api.problem_pages import PAGES, html, markdown
from ohmstead.api.problems import KINDS


def test_each_kind_has_its_words_and_no_other():
    assert PAGES.keys() == KINDS.keys()
    assert all(f"## {kind}\n" in markdown() for kind in KINDS)


def test_code_is_marked_and_nothing_else_is_markup():
    page = html("unauthorized")
    assert "<code>Authorization: Bearer &lt;key&gt;</code>" in page
    assert "`" not in page
