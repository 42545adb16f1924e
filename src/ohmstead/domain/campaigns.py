"""Campaigns: one thing done to many stations, in waves, at a pace, and no further when it goes wrong.

A station is `waiting`, then `running`, then `done`, `failed` or `skipped`. A wave begins when nothing of the one before
is under way and nothing of it could begin; stations that are offline do not hold up the others, they have their turn
when they come back. Everything here is counts in, decision out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Literal, NamedTuple

from msgspec import Struct

State = Literal["running", "paused", "stopped", "done", "cancelled"]
StationState = Literal["waiting", "running", "done", "failed", "skipped"]
MINUTE = 60_000_000
HOUR = 60 * MINUTE
AT_ITS_SITES = "as many as may be were begun at each site within the hour"
AGAIN = 5 * MINUTE
"""Before a station that did not answer is tried again."""


class Rules(Struct, frozen=True, kw_only=True):
    """How a campaign goes on."""

    waves: tuple[float, ...] = (100.0,)
    """Cumulative percent of the stations, rising; the last one is 100."""
    per_minute: int | None = None
    per_site_and_hour: int | None = None
    max_in_flight: int | None = None
    stop_at_failures_percent: float | None = None
    attempts: int = 1
    """For what a station left unanswered; what it refused is not tried again."""
    from_time: time | None = None
    to_time: time | None = None
    """The daily window in which stations are begun, local time; it may go over midnight."""


class Wave(NamedTuple):
    """How many stations of a wave are in which state; `ready` are those that wait and are online now."""

    ready: int
    waiting: int
    running: int
    done: int
    failed: int
    skipped: int


class Decision(NamedTuple):
    """What to do now: the state, how many stations of which wave may begin, and why no more."""

    state: State
    wave: int
    begin: int
    reason: str | None = None


def wave_of(place: int, total: int, waves: Sequence[float]) -> int:
    """The wave of the station at this place (from 0 on) of so many. Every wave has one station at least, as far as
    there are any."""
    border = 0
    for number, percent in enumerate(waves[:-1]):
        border = max(border + 1, round(total * percent / 100))
        if place < border:
            return number
    return len(waves) - 1


def decide(rules: Rules, waves: Sequence[Wave], begun: int, local: time) -> Decision:
    """What a running campaign does now. `begun`: stations begun within the last minute."""
    ended = sum(one.done + one.failed for one in waves)
    failed = sum(one.failed for one in waves)
    most = rules.stop_at_failures_percent
    last = len(waves) - 1
    if most is not None and failed and failed * 100 > most * ended:
        return Decision("stopped", last, 0, f"{failed} of {ended} stations failed; at most {most:g} % may")
    if not any(one.waiting or one.running for one in waves):
        return Decision("done", last, 0)
    wave = next((n for n, one in enumerate(waves) if one.running or one.ready), last)
    running, ready = sum(one.running for one in waves), sum(one.ready for one in waves[: wave + 1])
    if not ready:
        return Decision("running", wave, 0, None if running else "all that are left are offline")
    if not _open(rules, local):
        return Decision("running", wave, 0, "outside the maintenance window")
    room = [ready]
    if rules.max_in_flight is not None:
        room.append(rules.max_in_flight - running)
    if rules.per_minute is not None:
        room.append(rules.per_minute - begun)
    return Decision("running", wave, max(min(room), 0))


def _open(rules: Rules, local: time) -> bool:
    begin, end = rules.from_time or time.min, rules.to_time or time.min
    if begin == end:
        return True
    return begin <= local < end if begin < end else local >= begin or local < end


RETRIED = frozenset({"timed_out", "expired", "unconfirmed"})
"""Ends of a command after which a station may be asked once more."""


def outcome(state: str, awaits: bool, attempts: int, rules: Rules) -> StationState | None:
    """What a command in this state makes of its station; None while it is under way."""
    if state == "confirmed" or (state == "accepted" and not awaits):
        return "done"
    if state in ("queued", "sent", "accepted"):
        return None
    if state in RETRIED and attempts < rules.attempts:
        return "waiting"
    return "failed"
