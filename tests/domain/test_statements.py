from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ohmstead.domain.statements import bounds, digest, sums

HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("month", "zone", "begin", "hours"),
    [
        ("2026-11", "UTC", 1_793_491_200_000_000, 30 * 24),
        ("2026-12", "Europe/Berlin", 1_796_079_600_000_000, 31 * 24),
        ("2026-03", "Europe/Berlin", 1_772_319_600_000_000, 31 * 24 - 1),
        ("2026-10", "Europe/Berlin", 1_790_805_600_000_000, 31 * 24 + 1),
    ],
)
def test_a_month_is_as_long_as_it_is_in_its_zone(month, zone, begin, hours):
    assert bounds(month, ZoneInfo(zone)) == (begin, begin + hours * HOUR)


def test_bills_are_added_for_each_currency():
    found = sums([("EUR", "1.10", "0.21", "1.31"), ("CHF", "2", "0", "2"), ("EUR", "0.05", "0.01", "0.06")])
    assert {name: [str(one) for one in amounts] for name, amounts in found.items()} == {
        "CHF": ["2", "0", "2"],
        "EUR": ["1.15", "0.22", "1.37"],
    }


def test_a_digest_changes_with_every_line():
    assert digest([{"b": 1, "a": 2}]) == digest([{"a": 2, "b": 1}]) != digest([{"a": 2, "b": 2}])
