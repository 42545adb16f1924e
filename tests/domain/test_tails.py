from __future__ import annotations

import pytest

from ohmstead.domain.tails import Tail, tail_of

TAIL = Tail((0, 10, 20, 30), (6.0, 0.0, 16.0, 0.0), 40)


@pytest.mark.parametrize(("since", "until", "found"), [
    (0, 5, 6.0), (5, 15, 6.0), (10, 20, 0.0), (19, 21, 16.0), (35, 99, 0.0), (40, 50, None), (-5, 0, None),
])  # fmt: skip
def test_the_most_of_a_time(since: int, until: int, found: float | None) -> None:
    assert TAIL.highest(since, until) == found


@pytest.mark.parametrize(("moment", "until", "most", "found"), [
    (5, 99, 24, Tail((5, 10, 20), (6.0, 0.0, 16.0), 30)),  # what comes after the last current is left out
    (5, 25, 24, Tail((5, 10, 20), (6.0, 0.0, 16.0), 25)),
    (5, 99, 2, Tail((5,), (6.0,), 10)),  # a schedule that ends with a pause is no better than the fail-safe
    (5, 99, 0, None), (30, 99, 24, None), (40, 99, 24, None), (5, 5, 24, None),
])  # fmt: skip
def test_from_a_moment_on(moment: int, until: int, most: int, found: Tail | None) -> None:
    assert TAIL.after(moment, until, most) == found


def test_equal_neighbours_are_one_step_and_nothing_is_no_tail() -> None:
    assert Tail((0, 10, 20), (6.0, 6.0, 8.0), 30).after(0, 99) == Tail((0, 20), (6.0, 8.0), 30)
    assert tail_of((0, 10, 20), [0.0, 6.0]) == Tail((0, 10), (0.0, 6.0), 20)
    assert tail_of((0, 10), [0.0]) is None
