"""Sun and batteries: what counts at which moment, and in which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.site_series import Series, added, worded

SUN = Series(kind="pv", slots=((10, 20, 5000.0), (20, 30, 8000.0), (40, 50, 1000.0)))
STORE = Series(kind="battery", phases=(1,), slots=((0, 20, -4600.0), (20, 40, 2300.0)))


@pytest.mark.parametrize(
    ("one", "start", "end", "watts"),
    [
        (SUN, 12, 13, 5000), (SUN, 12, 30, 5000), (SUN, 20, 30, 8000), (SUN, 20, 31, 0), (SUN, 5, 15, 0),
        (SUN, 25, 45, 0), (SUN, 60, 70, 0), (STORE, 0, 100, -4600), (STORE, 20, 40, 2300), (STORE, 40, 41, 0),
    ],
)  # fmt: skip
def test_a_slot_counts_with_the_least_that_is_fed_in(one: Series, start: int, end: int, watts: float) -> None:
    assert one.lowest(start, end) == watts


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-1e4, 1e4)), unique_by=lambda one: one[0], min_size=1),
       st.integers(0, 99), st.integers(1, 40))  # fmt: skip
def test_no_moment_gives_less_than_its_slot_says(parts: list[tuple[int, float]], start: int, length: int) -> None:
    one = Series(kind="battery", slots=tuple((n * 10, n * 10 + 10, watts) for n, watts in sorted(parts)))
    assert one.lowest(start, start + length) == min(one.now(at) for at in range(start, start + length))


def test_loads_and_words() -> None:
    assert SUN.load_a(6900) == (-10, -10, -10)
    assert STORE.load_a(-4600) == (0, 20, 0)
    assert added((1, 1, 1), (0, 20, 0), (-1, 0, 0)) == (0, 21, 1)
    assert worded([("pv", 5000.0), ("pv", 1000.0), ("battery", -4600.0)]) == (
        "with 6.0 kW of sun and with 4.6 kW into the battery"
    )
    assert worded([("pv", 10.0)]) == worded([]) == ""
