from __future__ import annotations

import pytest

from ohmstead.domain.webhooks import GIVE_UP, LONGEST_WAIT, SECOND, matches, next_attempt, wait_after


@pytest.mark.parametrize(
    ("patterns", "type", "wanted"),
    [
        (["*"], "ohmstead.station.booted", True),
        (["ohmstead.transaction.*"], "ohmstead.transaction.started", True),
        (["ohmstead.transaction.*"], "ohmstead.transactional", False),
        (["ohmstead.station.booted"], "ohmstead.station.booted", True),
        (["ohmstead.station.booted"], "ohmstead.station.booted.twice", False),
        (["ohmstead.alert.*", "ohmstead.limit.violated"], "ohmstead.limit.violated", True),
        ([], "ohmstead.limit.violated", False),
    ],
)
def test_patterns(patterns, type, wanted):
    assert matches(patterns, type) is wanted


def test_attempts_come_later_and_later_and_end_after_three_days():
    now, attempts = 0, 0
    while True:
        attempts += 1
        again = next_attempt(attempts, 0, now)
        if again is None:
            break
        assert 5 * SECOND <= again - now <= LONGEST_WAIT * SECOND
        now = again
    assert GIVE_UP <= now < GIVE_UP + LONGEST_WAIT * SECOND
    assert attempts == 26


def test_a_receiver_may_ask_for_more_time_but_not_for_ever():
    assert next_attempt(1, 0, 0, asked=60) == 60 * SECOND
    assert next_attempt(1, 0, 0, asked=1) == wait_after(1) * SECOND
    assert next_attempt(1, 0, 0, asked=10**9) == LONGEST_WAIT * SECOND
