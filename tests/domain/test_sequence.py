from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ohmstead.domain.sequence import LIMIT, Numbers

quick = settings(database=None, deadline=None, max_examples=200)


def collect(numbers: list[int]) -> Numbers:
    result = Numbers(numbers[0], numbers[0])
    for number in numbers[1:]:
        if not result.seen(number):
            result = result.add(number)
    return result


@quick
@given(st.lists(st.integers(0, 60), min_size=1))
def test_what_is_missing_is_what_was_not_seen(numbers: list[int]) -> None:
    result = collect(numbers)
    every = set(range(min(numbers), max(numbers) + 1))
    assert result.listed() == sorted(every - set(numbers))
    assert {number for number in range(-2, 64) if result.seen(number)} == set(numbers)
    assert collect(numbers[::-1]) == result


def test_a_jump_costs_one_range() -> None:
    result = collect([3, 2**31])
    assert result.missing == ((4, 2**31 - 1),)
    assert len(result.listed()) == 1_000
    assert result.told() == "events are missing: 4 to 2147483647"


def test_the_numbers_come_back_from_json() -> None:
    result = collect([5, 9, 7])
    body = msgspec.json.encode(result)
    assert body == b"[5,9,[[6,6],[8,8]],false]"
    assert msgspec.json.decode(body, type=Numbers) == result


def test_endless_gaps_are_bounded_and_never_look_complete() -> None:
    result = collect(list(range(0, 4 * LIMIT, 2)))
    assert len(result.missing) == LIMIT
    assert result.blurred
    assert result.listed() == list(range(1, 2 * LIMIT, 2))
    last = result.missing[-1]
    assert result.seen(last[0]) is None
    assert result.seen(1) is False
    assert result.seen(2) is True
    for number in range(4 * LIMIT):
        if result.seen(number) is False:
            result = result.add(number)
    assert result.missing == (last,)


def test_many_gaps_are_told_briefly() -> None:
    assert collect([0, 2, 4, 6, 8, 10, 12]).told() == "events are missing: 1, 3, 5, 7, 9 and more"
