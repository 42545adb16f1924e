from __future__ import annotations

from ohmstead.domain.courses import course, summed


def test_a_reading_holds_until_the_next_one_or_the_end():
    readings = [(25, 7.0), (11, 5.0), (12, 6.0), (-3, 1.0), (99, 9.0)]
    assert course(readings, begin=0, step=10, parts=5, ended_at=None) == [None, 6.0, 7.0, 7.0, 7.0]
    assert course(readings, begin=0, step=10, parts=5, ended_at=31) == [None, 6.0, 7.0, 7.0, None]


def test_what_is_known_is_summed():
    assert summed([[None, 1.0, 2.0], [None, None, 0.5]], 3) == [None, 1.0, 2.5]
    assert summed([], 2) == [None, None]
