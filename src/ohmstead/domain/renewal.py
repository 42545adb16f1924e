"""When a station's certificate is renewed, and why it is not renewed yet: in plain words.

We look at expiry dates ourselves, a station is not trusted to. Each station has its own moment within the first two
thirds of the window before the end, so that a fleet does not come at once; what is left is for trying again.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from msgspec import Struct

from ohmstead.domain.certificates import DAY, renewal_begins

MINUTE, HOUR = 60_000_000, 3_600_000_000
WARNINGS = (7, 30, 90)
"""Days before the end at which people are told."""
HORIZON = max(WARNINGS) * DAY
SILENCE = 5 * MINUTE
"""After the trigger, accepted or not, within which the signing request should come."""
AGAIN = (HOUR, 4 * HOUR, DAY)
"""Between two attempts; the last one for all that follow."""
BY_HAND, SELDOM = 8, 7 * DAY
"""Attempts after which a person should look; from then on it is asked once a week: each answer costs a certificate."""
LOOK_AGAIN = 5 * MINUTE
UNSEEN = DAY
"""For how long a station may come in with the old certificate after it accepted the new one; shorter, down to an hour,
where the old one ends before."""

State = Literal["waiting", "offline", "asked", "signing", "installing", "installed", "failed", "manual", "expired"]


class Situation(Struct, frozen=True, kw_only=True):
    """A station's certificate and what was done about its end."""

    station: str
    not_before: int
    not_after: int
    online: bool
    attempts: int = 0
    asked_at: int | None = None
    request: str | None = None
    """State of the signing request that came since we asked; `waiting`: it is at the CA."""
    trouble: str | None = None
    """Why the CA has not signed it."""
    successor: str | None = None
    """State of the certificate that came of it."""
    successor_at: int | None = None
    allow_expired_days: int = 0


class Step(NamedTuple):
    """How it stands, why, whether to ask the station now, and when to look again."""

    state: State
    reason: str
    ask: bool
    due_at: int


def moment(station: str, not_before: int, not_after: int) -> int:
    """When this station is asked first."""
    begins = renewal_begins(not_before, not_after)
    share = int.from_bytes(hashlib.sha256(station.encode()).digest()[:8], "big") / 2**64
    return begins + int((not_after - begins) * 2 / 3 * share)


def next_step(now: int, one: Situation) -> Step:
    """What to do about the certificate of a station."""
    at_work = _at_work(now, one)
    if at_work is not None:
        return at_work
    begins = moment(one.station, one.not_before, one.not_after)
    if now < begins and not one.attempts:
        return Step("waiting", f"Its turn comes at {_time(begins)}.", False, min(begins, _next_warning(now, one)))
    if one.asked_at is not None and now < one.asked_at + SILENCE:
        return Step("asked", "It was asked for a signing request.", False, one.asked_at + SILENCE)
    wait = _pause(one.attempts)
    if one.asked_at is not None and now < one.asked_at + wait:
        return _silent(one, one.asked_at + wait)
    if now > one.not_after + one.allow_expired_days * DAY and not one.online:
        text = (
            f"Its certificate expired at {_time(one.not_after)} and the door refuses it: set allow_expired_certificate."
        )
        return Step("expired", text, False, now + HOUR)
    if not one.online:
        return Step("offline", "It is offline; it is asked as soon as it comes.", False, now + LOOK_AGAIN)
    return Step("asked", "It was asked for a signing request.", True, now + SILENCE)


def _pause(attempts: int) -> int:
    """Before a station is asked once more."""
    if attempts >= BY_HAND:
        return SELDOM
    return AGAIN[min(attempts, len(AGAIN)) - 1] if attempts else 0


def _next_warning(now: int, one: Situation) -> int:
    """When people are told the next time; its end, when they were told all."""
    ends = one.not_after
    return min((at for days in WARNINGS if (at := ends - days * DAY) > now), default=ends)


def _at_work(now: int, one: Situation) -> Step | None:
    """Something is on its way, and needs no asking."""
    if one.request == "waiting":
        why = f": {one.trouble}" if one.trouble else ""
        return Step("signing", f"Its signing request waits for the CA{why}.", False, now + LOOK_AGAIN)
    if one.successor in ("issued", "sent"):
        text = "The new certificate is on its way to it."
        return Step("installing", text, False, now + LOOK_AGAIN)
    if one.successor == "installed" and one.successor_at is not None:
        since = _time(one.successor_at)
        if now < max(min(one.successor_at + UNSEEN, one.not_after), one.successor_at + HOUR):
            return Step("installed", f"It accepted the new certificate at {since}.", False, now + LOOK_AGAIN)
        text = f"It accepted the new certificate at {since} and still comes in with the old one: reset it."
        return Step("manual", text, False, now + HOUR)
    return None


def must_return(now: int, came_at: int, successor_at: int) -> bool:
    """Whether a station that accepted the certificate of `successor_at` must come in anew to use it: it should have by
    itself (A02.FR.08), but many keep the connection that they have, until the old one ends. Who came in since, with
    whatever, is not sent away again."""
    return came_at < successor_at <= now - SILENCE


def _silent(one: Situation, until: int) -> Step:
    if one.successor == "failed":
        what = "It did not take the new certificate"
    elif one.request == "failed":
        what = f"Its signing request was refused ({one.trouble})" if one.trouble else "Its signing request was refused"
    else:
        what = "It was asked and sent no signing request"
    times = f"after {one.attempts} attempt{'s' if one.attempts > 1 else ''}; the next one is at {_time(until)}"
    state: State = "manual" if one.attempts >= BY_HAND else "failed"
    return Step(state, f"{what}, {times}.", False, until)


def warning(not_before: int, not_after: int, now: int) -> int | None:
    """The smallest of the WARNINGS that has come; None: it is too early for any. Of a short life only those in its last
    half are any news."""
    told = (days for days in WARNINGS if days * DAY <= (not_after - not_before) // 2)
    return next((days for days in told if now >= not_after - days * DAY), None)


def _time(at: int) -> str:
    return f"{datetime.fromtimestamp(at // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
