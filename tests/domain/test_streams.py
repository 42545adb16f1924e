"""Streams: times of values, and whether a station keeps up."""

from __future__ import annotations

from ohmstead.domain.streams import FARTHEST, Stream, Value, offsets, received

STREAM = Stream(id=1, stream_id=7, monitor_id=3, name=None, interval_s=5, most_values=None, opened_at=0)


def test_times_are_offsets_from_the_base_time() -> None:
    assert offsets(1_000_000, [(0, "a"), (1.5, "b"), (-0.25, "c")]) == (
        Value(1_000_000, "a"),
        Value(2_500_000, "b"),
        Value(750_000, "c"),
    )


def test_times_beyond_all_reason_are_left_out() -> None:
    assert offsets(0, [(FARTHEST + 1, "a"), (float("nan"), "b"), (float("-inf"), "c"), (1e300, "d")]) == ()


def test_the_newest_value_counts_whatever_the_order() -> None:
    one = received(STREAM, (Value(20, "new"), Value(10, "old")), 0)
    assert (one.messages, one.values, one.last_at, one.last_value) == (1, 2, 20, "new")
    late = received(one, (Value(15, "late"),), 0)
    assert (late.messages, late.values, late.last_value) == (2, 3, "new")


def test_a_station_is_behind_when_more_and_more_waits() -> None:
    one, seen = STREAM, []
    for pending in (5, 9, 9, 12, 3, 4):
        one = received(one, (Value(1, "v"),), pending)
        seen.append(one.behind)
    assert seen == [False, False, False, True, False, False]
