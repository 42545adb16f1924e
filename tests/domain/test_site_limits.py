"""The lowest active limit counts, on its ramp."""

from __future__ import annotations

from ohmstead.domain.site_limits import SiteLimit, effective, effective_a
from tests.domain.test_profiles import SECOND, T

EVENING = SiteLimit(id=1, limit_w=80_000, start=T, end=T + 7200 * SECOND)


def test_the_lowest_that_is_active() -> None:
    low = SiteLimit(id=2, limit_w=50_000, start=T + 60 * SECOND)
    assert effective(100_000, [EVENING, low], T) == (80_000, EVENING, T + 60 * SECOND)
    assert effective(100_000, [EVENING, low], T + 60 * SECOND)[:2] == (50_000, low)
    assert effective(40_000, [EVENING], T)[:2] == (40_000, None)
    assert effective(None, [EVENING], T - 1) == (None, None, T)
    assert effective(100_000, [EVENING], T + 7200 * SECOND) == (100_000, None, None)


def test_the_ramp_falls_from_what_was_allowed_before() -> None:
    slow = SiteLimit(id=1, limit_w=80_000, start=T, ramp_s=100)
    assert [effective(100_000, [slow], T + n * SECOND).limit_w for n in (0, 50, 100, 500)] == [
        100_000, 90_000, 80_000, 80_000
    ]  # fmt: skip
    assert effective(None, [slow], T, most_w=120_000).limit_w == 120_000
    assert effective(None, [slow], T).limit_w == 80_000


def test_limits_per_phase_are_apart_from_those_in_watts() -> None:
    some = SiteLimit(id=1, limit_w=1.0, limit_a=(20.0, 90.0, 40.0), start=T, ramp_s=100)
    own = (60.0, 60.0, 60.0)
    assert effective(100_000, [some], T)[:2] == (100_000, None)
    assert [effective_a(own, [some], T + n * SECOND) for n in (-1, 0, 50, 100)] == [
        own, own, (40, 60, 50), (20, 60, 40)
    ]  # fmt: skip
    assert effective_a(None, [some], T) == (20, 90, 40)
    assert effective_a(None, [EVENING], T) is None


def test_of_events_that_overlap_those_with_the_highest_priority_count() -> None:
    low = SiteLimit(id=1, limit_w=20_000, start=T, is_event=True)
    high = SiteLimit(id=2, limit_w=60_000, start=T, is_event=True, priority=5)
    assert effective(100_000, [low, high], T)[:2] == (60_000, high)
    assert effective(100_000, [low, high, EVENING], T)[:2] == (60_000, high)
    put = SiteLimit(id=3, limit_w=30_000)
    assert effective(100_000, [low, high, put], T)[:2] == (30_000, put)


def test_a_ramp_that_begins_at_what_was_drawn() -> None:
    slow = SiteLimit(id=1, limit_w=80_000, start=T, ramp_s=100, ramp_from_w=90_000)
    assert [effective(200_000, [slow], T + n * SECOND).limit_w for n in (0, 50, 100)] == [90_000, 85_000, 80_000]
