"""How long things are kept."""

from __future__ import annotations

import msgspec
import pytest

from ohmstead.retention_settings import Retention


def test_the_ledger_is_kept_for_a_hundred_years_unless_told_otherwise() -> None:
    assert Retention().transaction_events == 36_500


@pytest.mark.parametrize(("name", "least"), [("transaction_events", 90), ("feed", 7), ("messages", 1)])
def test_what_is_needed_cannot_be_thrown_away(name: str, least: int) -> None:
    assert getattr(msgspec.convert({name: least}, Retention), name) == least
    with pytest.raises(msgspec.ValidationError, match=name):
        msgspec.convert({name: least - 1}, Retention)
