"""What came beside what was asked for."""

from __future__ import annotations

import pytest

from ohmstead.conformance.case import Broken
from ohmstead.conformance.rows import as_it_was_asked


def test_more_may_come_than_was_asked_for() -> None:
    as_it_was_asked({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1}})
    with pytest.raises(Broken, match="b was asked to be 1, it came as 2"):
        as_it_was_asked({"a": {"b": 2}}, {"a": {"b": 1}})
    with pytest.raises(Broken, match="did not come"):
        as_it_was_asked({}, {"a": 1})
