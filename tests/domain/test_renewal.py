"""When certificates are renewed, and what is said about those that are not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ohmstead.domain.certificates import DAY
from ohmstead.domain.renewal import (
    AGAIN,
    BY_HAND,
    HOUR,
    SILENCE,
    UNSEEN,
    Situation,
    moment,
    must_return,
    next_step,
    warning,
)

START, YEAR = 1_764_000_000_000_000, 365 * DAY
END = START + YEAR
ONE = Situation(station="CS1", not_before=START, not_after=END, online=True)
TURN = moment("CS1", START, END)


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=20), st.integers(DAY, 5 * YEAR))
def test_everybody_has_a_moment_in_the_window(station: str, life: int) -> None:
    at, window = moment(station, START, START + life), min(30 * DAY, life // 3)
    assert START + life - window <= at <= START + life - window // 3


def test_the_moments_are_spread() -> None:
    days = {(moment(f"CS{number}", START, END) - START) // DAY for number in range(500)}
    assert len(days) == 20


@pytest.mark.parametrize(
    ("at", "fields", "state", "asks", "words"),
    [
        (TURN - 1, {}, "waiting", False, "Its turn comes at"),
        (TURN, {}, "asked", True, "asked"),
        (TURN, {"online": False}, "offline", False, "as soon as it comes"),
        (TURN + 1, {"attempts": 1, "asked_at": TURN}, "asked", False, "asked"),
        (
            TURN + SILENCE,
            {"attempts": 1, "asked_at": TURN},
            "failed",
            False,
            "no signing request, after 1 attempt;",
        ),
        (TURN + AGAIN[0], {"attempts": 1, "asked_at": TURN}, "asked", True, "asked"),
        (TURN + AGAIN[0], {"attempts": 2, "asked_at": TURN}, "failed", False, "after 2 attempts"),
        (TURN + HOUR, {"attempts": BY_HAND, "asked_at": TURN}, "manual", False, "the next one"),
        (TURN + 1, {"request": "waiting", "trouble": "no route"}, "signing", False, "waits for the CA: no route."),
        (TURN + 1, {"successor": "sent"}, "installing", False, "on its way"),
        (TURN + 1, {"successor": "installed", "successor_at": TURN}, "installed", False, "accepted the new"),
        (TURN + UNSEEN, {"successor": "installed", "successor_at": TURN}, "manual", False, "reset it"),
        (END - 1, {"successor": "installed", "successor_at": END - 2 * HOUR}, "installed", False, "accepted the new"),
        (END, {"successor": "installed", "successor_at": END - 2 * HOUR}, "manual", False, "reset it"),
        (END + HOUR, {"successor": "installed", "successor_at": END + 1}, "installed", False, "accepted the new"),
        (END + 2 * HOUR, {"successor": "installed", "successor_at": END + HOUR}, "manual", False, "reset it"),
        (TURN + HOUR, {"successor": "failed", "attempts": 2, "asked_at": TURN}, "failed", False, "did not take"),
        (END + HOUR, {"online": False}, "expired", False, "set allow_expired_certificate"),
        (END + HOUR, {"online": False, "allow_expired_days": 3}, "offline", False, "offline"),
        (END + HOUR, {"allow_expired_days": 3}, "asked", True, "asked"),
    ],
)
def test_what_is_done(at: int, fields: dict[str, Any], state: str, asks: bool, words: str) -> None:
    step = next_step(at, replace(ONE, **fields))
    assert (step.state, step.ask) == (state, asks)
    assert words in step.reason
    assert step.due_at > at


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])  # a busy machine
@given(
    st.integers(START, END + 60 * DAY),
    st.integers(0, 20),
    st.integers(0, 3 * DAY),
    st.sampled_from(["issued", "sent", "installed", "failed", None]),
    st.booleans(),
)
def test_nobody_is_asked_twice_in_a_silence(now: int, attempts: int, ago: int, successor: Any, online: bool) -> None:
    asked_at = now - ago if attempts else None
    one = replace(ONE, attempts=attempts, asked_at=asked_at, successor=successor, successor_at=asked_at, online=online)
    step = next_step(now, one)
    assert step.due_at > now
    if step.ask:
        assert online
        assert asked_at is None or now - asked_at >= AGAIN[0]


@pytest.mark.parametrize(
    ("came", "now", "must"),
    [
        (TURN - 1, TURN + SILENCE - 1, False),  # it may still do it by itself
        (TURN - 1, TURN + SILENCE, True),
        (TURN, TURN + SILENCE, False),  # it came in since
    ],
)
def test_who_must_come_in_anew(came: int, now: int, must: bool) -> None:
    assert must_return(now, came, TURN) is must


def test_warnings() -> None:
    assert [warning(START, END, END - days * DAY) for days in (91, 90, 31, 30, 8, 7, 0)] == [None, 90, 90, 30, 30, 7, 7]
    assert [warning(END - 20 * DAY, END, END - days * DAY) for days in (20, 8, 7)] == [None, None, 7]  # a short life
