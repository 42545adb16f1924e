from __future__ import annotations

import pytest

from ohmstead.domain.uptime import LINE, Point, uptime

C, OTHER = (1, 1), (2, 1)
UP = [Point(0, LINE, "Online"), Point(0, C, "Available")]


@pytest.mark.parametrize(
    ("points", "excluded", "percent", "outage", "spared"),
    [
        (UP, [], 100.0, {}, 0),
        ([*UP, Point(200, C, "Faulted"), Point(300, C, "Occupied")], [], 90.0, {"faulted": 100}, 0),
        ([*UP, Point(200, C, "Faulted"), Point(300, C, "Occupied")], [(250, 400)], 95.0, {"faulted": 100}, 50),
        ([*UP, Point(200, OTHER, "Faulted")], [], 100.0, {}, 0),
        ([*UP, Point(200, (1, 0), "Unavailable")], [], 20.0, {"unavailable": 800}, 0),
        ([*UP, Point(200, LINE, "Offline"), Point(400, LINE, "Online")], [], 80.0, {"offline": 200}, 0),
        # faulted while offline is offline, and goes on as faulted; two exclusions that overlap count once
        (
            [*UP, Point(100, C, "Faulted"), Point(200, LINE, "Offline"), Point(300, LINE, "Online")],
            [(0, 150), (120, 200)], 20.0, {"faulted": 800, "offline": 100}, 100,
        ),
        # what is excluded and was no outage changes nothing
        (UP, [(0, 1000)], 100.0, {}, 0),
    ],
)  # fmt: skip
def test_what_counts(points, excluded, percent, outage, spared):
    found = uptime(points, C, 0, 1000, excluded)
    assert (found.percent, found.outage, found.excluded, found.known) == (percent, outage, spared, 1000)


def test_only_what_is_known_counts():
    """It was installed in the middle of the month; what was said before the month holds in it."""
    installed = [Point(0, LINE, "Online"), Point(600, C, "Available"), Point(800, C, "Faulted")]
    found = uptime(installed, C, 0, 1000, [])
    assert (found.known, found.percent) == (400, 50.0)
    before = [Point(-50, C, "Faulted"), Point(-20, LINE, "Online"), Point(500, C, "Available")]
    assert uptime(before, C, 0, 1000, []).percent == 50.0
    assert uptime([], C, 0, 1000, []).percent is None
