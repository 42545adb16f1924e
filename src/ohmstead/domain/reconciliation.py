"""What to do about a transaction of which something is missing: ask, wait, or close with a verdict.

A gap, a missing beginning, an end that never comes: each opens a `Check`. The station is asked whether it charges and
whether messages wait in its queue (GetTransactionStatus, E14); as long as some do, nothing is decided. What is known in
the end is a verdict, and a verdict invents nothing: where the end is inferred, it is the time of the last event.

    gap --> ask --> messages in its queue: wait, ask again
                --> none: `lost`, and where it does not charge any more, `end_lost`
        --> all is there: `complete`
    no answer, no station: `unanswered`, `vanished`
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from ohmstead.domain.transactions import Transaction, Verdict

Reason = Literal["gap", "started_missing", "incomplete", "silent", "rebooted", "vanished", "asked"]

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND

SETTLES = 30 * SECOND
"""What is missing comes by itself within this time, when messages overtook each other."""
AFTER_BOOT = 90 * SECOND
"""A station that has just booted has its queue to send first."""
ANSWERS = 90 * SECOND
"""So long an answer is waited for before the station is asked again."""
MOST_ASKED = 5
"""Questions without an answer."""
QUEUE_PATIENCE = 7 * DAY
"""A queue that is never empty holds something that will never come."""
UNASKED_PATIENCE = DAY
"""Where we may not ask: so long what is missing may still come."""
PLAIN_AFTER = 30 * MINUTE
"""For so long the contrary must have been plain to see before a 1.6 transaction is taken to have ended: its
StopTransaction may be in a queue, and a station of 1.6 cannot be asked."""


class Check(Struct, frozen=True, kw_only=True):
    """One transaction under examination; times in microseconds of our clock."""

    opened_at: int
    reason: Reason = "gap"
    asked: int = 0
    """Questions since the last answer."""
    waited: int = 0
    """Answers that said: messages are in the queue."""
    ongoing: bool | None = None
    in_queue: bool | None = None
    answered: bool = False
    """An answer came to the last question."""


class Situation(Struct, frozen=True, kw_only=True):
    """How things stand around it."""

    now: int
    online: bool
    may_ask: bool
    """The station speaks 2.x, and `gap_check` is among the calls that we make on our own."""
    gone_for: int = 0
    """How long the station has not been heard of, in microseconds."""
    vanishes_after: int = 3 * DAY
    over_since: int | None = None
    """Since when it is plain that a transaction of 1.6 is over: another one began there, or the connector is free."""


class Step(Struct, frozen=True):
    """`look`: again at `at`; `ask`: now, and look at `at`; `close`: with `verdict`."""

    kind: Literal["look", "ask", "close"]
    at: int = 0
    verdict: Verdict | None = None

    @property
    def infers_end(self) -> bool:
        """Whether an active transaction is taken to have ended by this verdict."""
        return self.verdict in ("end_lost", "vanished")


def lacks(one: Transaction) -> bool:
    """Whether anything of the transaction, as far as it has gone, is known to be missing."""
    if one.state != "active":
        return not one.complete
    return not one.started_seen or (one.numbers is not None and bool(one.numbers.missing))


def opened_by(one: Transaction) -> Reason | None:
    """Why a transaction that just changed must be looked into; None: nothing is missing."""
    if not lacks(one):
        return None
    if one.state != "active":
        return "incomplete"
    return "gap" if one.started_seen else "started_missing"


def next_step(check: Check, one: Transaction, around: Situation) -> Step:
    """What to do now. `one` is the transaction as it is folded now."""
    now = around.now
    if one.state != "active" and not lacks(one):
        return _close("complete")
    if one.state == "active" and check.reason in ("gap", "started_missing") and not lacks(one):
        return _close("complete")
    if not around.online and around.gone_for >= around.vanishes_after:
        return _close("vanished" if one.state == "active" else "unanswered")
    if check.answered:
        return _answered(check, one, around)
    if around.over_since is not None and one.state == "active":
        until = around.over_since + PLAIN_AFTER
        return _close("end_lost") if now >= until else Step("look", until)
    settled = check.opened_at + (AFTER_BOOT if check.reason == "rebooted" else SETTLES)
    if now < settled and check.reason != "asked":
        return Step("look", settled)
    if not around.may_ask:
        return _unasked(check, one, around)
    if check.asked >= MOST_ASKED:
        return _close("unanswered")
    return Step("ask", now + ANSWERS) if around.online else Step("look", now + 5 * MINUTE)


def _close(verdict: Verdict) -> Step:
    return Step("close", verdict=verdict)


def _answered(check: Check, one: Transaction, around: Situation) -> Step:
    if check.in_queue:
        if around.now - check.opened_at > QUEUE_PATIENCE:
            return _close("lost")
        return Step("ask", around.now + ANSWERS) if around.online else Step("look", around.now + 5 * MINUTE)
    if one.state != "active":
        return _close("lost")
    if check.ongoing:
        return _close("lost" if lacks(one) else "ongoing")
    return _close("end_lost")


def _unasked(check: Check, one: Transaction, around: Situation) -> Step:
    until = check.opened_at + UNASKED_PATIENCE
    if around.now < until:
        return Step("look", min(until, around.now + HOUR))
    return _close("not_asked")


def pause(waited: int) -> int:
    """After so many answers that the queue is not empty: how long to wait before the next question."""
    return min(HOUR, MINUTE << min(waited, 6))
