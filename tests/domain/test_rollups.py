from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ohmstead.domain.rollups import HOUR, begin_of, hourly, in_one_hour
from ohmstead.domain.tariffs import Moment

QUARTER = HOUR // 4


@pytest.mark.parametrize(
    ("moments", "hours"),
    [
        ([], {}),
        ([Moment(QUARTER, 0), Moment(2 * QUARTER, 100)], {0: 100_000}),
        ([Moment(3 * QUARTER, 0), Moment(5 * QUARTER, 100)], {0: 50_000, HOUR: 50_000}),
        ([Moment(0, 0), Moment(3 * HOUR, 90)], {0: 30_000, HOUR: 30_000, 2 * HOUR: 30_000}),
        ([Moment(0, 0), Moment(HOUR, 0), Moment(2 * HOUR, 5)], {HOUR: 5_000}),
        ([Moment(HOUR, 5), Moment(HOUR, 5), Moment(HOUR, 9)], {HOUR: 4_000}),
    ],
)
def test_hours(moments, hours):
    assert hourly(moments) == hours


@given(st.lists(st.tuples(st.integers(0, 30 * HOUR), st.integers(0, 50_000)), min_size=1, max_size=20))
def test_hours_are_exactly_the_whole(steps):
    times = sorted(at for at, _ in steps)
    registers = sorted(wh for _, wh in steps)
    moments = [Moment(at, float(wh)) for at, wh in zip(times, registers, strict=True)]
    assert sum(hourly(moments).values()) == (registers[-1] - registers[0]) * 1000


@given(st.lists(st.tuples(st.integers(0, HOUR - 1), st.floats(0, 50_000)), min_size=1, max_size=20))
def test_within_an_hour_nothing_else_counts(steps):
    times, registers = sorted(at for at, _ in steps), sorted(wh for _, wh in steps)
    moments = [Moment(times[0], 0.0), *map(Moment, times, registers)]
    assert in_one_hour(times[0], times[-1], registers[-1]) == hourly(moments)
    assert in_one_hour(times[0], HOUR, registers[-1]) is None


@pytest.mark.parametrize(
    ("period", "begin"), [("hour", "2026-11-15T14:00:00+01:00"), ("day", "2026-11-15T00:00:00+01:00"),
                          ("month", "2026-11-01T00:00:00+01:00")],
)  # fmt: skip
def test_periods_begin_in_local_time(period, begin):
    local = datetime(2026, 11, 15, 14, 35, tzinfo=ZoneInfo("Europe/Berlin"))
    assert begin_of(period, local).isoformat() == begin
