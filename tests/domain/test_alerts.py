"""The life of an alert."""

from __future__ import annotations

from typing import Any

import pytest

from ohmstead.domain import alerts
from ohmstead.domain.alerts import MOST_OPEN, OVERFLOW, Alert, Cause, acknowledged, bounded, cleared, raised


def cause(**fields: Any) -> Cause:
    known = {"subject": "s", "source": "monitor", "code": "c", "severity": 5, "text": "t", "at": 100}
    return Cause(**(known | fields))


def opened(**fields: Any) -> Alert:
    return raised(None, cause(**fields), 7, 1000).alert


def test_what_is_new_is_told() -> None:
    alert, told = raised(None, cause(), 7, 1000)
    assert told
    assert (alert.id, alert.state, alert.count, alert.first_at, alert.last_at) == (7, "firing", 1, 100, 100)


def test_what_is_said_again_is_counted() -> None:
    again, told = raised(opened(), cause(at=200, text="later"), 8, 1000)
    assert not told
    assert (again.id, again.count, again.first_at, again.last_at, again.text) == (7, 2, 100, 200, "later")


def test_an_old_one_that_comes_late_moves_the_beginning_only() -> None:
    again = raised(opened(), cause(at=50, text="earlier"), 8, 1000).alert
    assert (again.first_at, again.last_at, again.text, again.count) == (50, 100, "t", 2)


def test_a_time_of_the_future_is_ours() -> None:
    assert opened(at=5000).last_at == 1000


@pytest.mark.parametrize(("severity", "after", "told"), [(3, 3, True), (5, 5, False), (8, 5, False)])
def test_the_worst_counts_and_is_news(severity: int, after: int, told: bool) -> None:
    seen = acknowledged(opened(), 500, "me")
    alert, is_told = raised(seen, cause(severity=severity), 8, 1000)
    assert (alert.severity, is_told) == (after, told)
    assert (alert.acknowledged_at is None) is told  # what was acknowledged was less


def test_acknowledging_ends_only_what_nothing_else_ends() -> None:
    assert acknowledged(opened(), 500, "me").state == "firing"
    over = acknowledged(opened(latched=True), 500, "me")
    assert (over.state, over.resolved_at, over.resolved_by, over.acknowledged_by) == ("resolved", 500, "operator", "me")
    assert acknowledged(over, 900, "you") == over


def test_what_is_over_says_by_what() -> None:
    over = cleared(opened(), 500, "station")
    assert (over.state, over.resolved_at, over.resolved_by) == ("resolved", 500, "station")


def test_more_alerts_than_anybody_reads_are_one() -> None:
    open = {str(n): opened(subject=str(n)) for n in range(MOST_OPEN)}
    assert bounded(open, cause(subject="3")).subject == "3"
    assert bounded(open, cause(subject="new", severity=1)).subject == OVERFLOW
    assert bounded({}, cause()).subject == "s"


def test_severities_have_names() -> None:
    assert [alerts.severity_name(n) for n in (0, 3, 9, 12, -1)] == ["danger", "critical", "debug", "debug", "danger"]
