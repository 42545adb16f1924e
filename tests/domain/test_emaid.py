from __future__ import annotations

import pytest

from ohmstead.domain.emaid import normal, shown


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("DE-8AA-C1A2B3C4D-9", "DE8AAC1A2B3C4D"),
        ("de8aac1a2b3c4d9", "DE8AAC1A2B3C4D"),
        ("DE8AAC1A2B3C4D", "DE8AAC1A2B3C4D"),
        ("DE8AAC1A2B3C4", None),
        ("DE8AAC1A2B3C4D99", None),
        ("1E8AAC1A2B3C4D", None),
        ("DE8AAC1A2B3C4Ü", None),
        ("", None),
    ],
)
def test_one_form_is_compared(text, form):
    assert normal(text) == form


def test_people_read_hyphens():
    assert shown("DE8AAC1A2B3C4D") == "DE-8AA-C1A2B3C4D"
