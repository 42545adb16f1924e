"""What each site may draw in an event, and what came of it."""

from __future__ import annotations

import pytest

from ohmstead.domain.demand import Reading, Share, Target, report, spread
from tests.domain.test_profiles import SECOND, T

MINUTE = 60 * SECOND


@pytest.mark.parametrize(
    ("target", "limits"),
    [
        (Target(limit_w=50_000), [37_500, 12_500]),
        (Target(shed_w=40_000), [45_000, 15_000]),
        (Target(shed_w=500_000), [0, 0]),
        (Target(shed_percent=25), [56_250, 18_750]),
    ],
)
def test_each_site_has_its_part_of_what_is_asked(target: Target, limits: list[float]) -> None:
    assert [one.limit_w for one in spread(target, {1: 75_000.0, 2: 25_000.0})] == limits


def test_sites_that_draw_nothing_share_evenly() -> None:
    assert [one.limit_w for one in spread(Target(limit_w=9_000), {1: 0.0, 2: 0.0, 3: 0.0})] == [3_000] * 3
    assert spread(Target(limit_w=9_000), {}) == []


def test_a_report_by_intervals() -> None:
    shares = [Share(site_id=1, baseline_w=30_000, limit_w=20_000), Share(site_id=2, baseline_w=10_000, limit_w=10_000)]
    drawn = {1: [Reading(T + n * MINUTE, 30_000 if n < 2 else 19_000) for n in range(20)],
             2: [Reading(T + n * MINUTE, 8_000) for n in range(15)]}  # fmt: skip
    first, second = report(shares, drawn, T, T + 20 * MINUTE, 120)
    assert first.measured_w == pytest.approx((2 * 30_000 + 13 * 19_000) / 15 + 8_000)
    assert first.asked_w == pytest.approx(30_000 + (10_000 + 5_000) / 15)  # two minutes of ramp
    assert first.shed_w == pytest.approx(40_000 - first.measured_w)
    assert (second.end, second.asked_w) == (T + 20 * MINUTE, 30_000)
    assert (second.measured_w, second.shed_w) == (None, None)  # the second site tells nothing there
