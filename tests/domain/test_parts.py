"""Parts of a text are joined in whatever order they come."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from ohmstead.domain import parts


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_any_order_gives_the_text(order: tuple[int, ...]) -> None:
    told: dict[str, Any] = {"more": 1}
    for number in order:
        assert "result" not in told
        told = parts.with_part(told, number, "abc"[number], number == 2)
    assert told == {"more": 1, "last": 2, "result": "abc"}


def test_a_part_that_comes_twice_counts_once() -> None:
    told = parts.with_part(parts.with_part({}, 0, "a", False), 0, "a", False)
    assert "result" not in told
    assert parts.with_part(told, 1, "b", True)["result"] == "ab"


def test_there_is_an_end_to_what_is_taken() -> None:
    assert parts.full({"parts": dict.fromkeys(map(str, range(parts.MOST_PARTS)), "x")})
    assert not parts.full({})
