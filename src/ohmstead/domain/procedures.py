"""Procedures: what a station does for us in the background and tells of by a chain of statuses (FR.05).

An update of the firmware, a firmware published to others, the upload of a log, a report on a customer or on the display
messages: asked for with a request id, acknowledged, then told of status by status.

    asked -- accepted --> running -- a good end --> done
      |                      |-- a bad end --> failed -- it tries again --> running
      |-- refused --> failed |-- another was asked for instead --> cancelled
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

Kind = Literal["firmware", "publish_firmware", "log", "customer_information", "display_messages"]
State = Literal["asked", "running", "done", "failed", "cancelled"]
OPEN: tuple[State, ...] = ("asked", "running")
MOST_STEPS = 60
"""Steps that are kept of one procedure: a station in a loop does not fill the database."""
QUIET = 48 * 3600 * 1_000_000
"""Microseconds without a word after which a procedure is taken to have ended without one."""
ASKED = "asked"
IDLE = "Idle"


class Step(Struct, frozen=True, omit_defaults=True):
    """One status, or `boot`; `at` in microseconds by our clock, because the messages carry none."""

    status: str
    at: int
    info: str | None = None


class Procedure(Struct, frozen=True, kw_only=True):
    """One procedure; `asked` is what we wanted, `told` what came besides the statuses."""

    id: str
    kind: Kind
    request_id: int | None
    asked_at: int
    updated_at: int
    state: State = "asked"
    status: str = ASKED
    reason: str | None = None
    command_id: str | None = None
    asked: dict[str, Any] = {}
    told: dict[str, Any] = {}
    steps: tuple[Step, ...] = ()


class Chain(Struct, frozen=True):
    """The statuses of one kind: which may follow which, and how it ends."""

    next: Mapping[str, frozenset[str]]
    done: frozenset[str]
    failed: frozenset[str]
    cancelled: frozenset[str] = frozenset()


class Followed(NamedTuple):
    """The procedure after a status; `news` unless the status was said again; `odd` where it broke the order."""

    procedure: Procedure
    news: bool
    odd: str | None


def accepted(one: Procedure, status: str, now: int) -> Procedure:
    """The station took it."""
    return replace(one, state="running", status=status, updated_at=now)


def refused(one: Procedure, reason: str, now: int) -> Procedure:
    """The station did not take it."""
    return replace(one, state="failed", status="refused", reason=reason, updated_at=now)


def cancelled(one: Procedure, now: int) -> Procedure:
    """Another one takes its place (AcceptedCanceled)."""
    text = "another one was asked for instead"
    return replace(one, state="cancelled", status="AcceptedCanceled", reason=text, updated_at=now)


def followed(one: Procedure, chain: Chain, status: str, info: str | None, now: int) -> Followed:
    """Take a status in. What breaks the order is believed, and named; but what has succeeded stays so."""
    last = next((step.status for step in reversed(one.steps) if step.status in chain.next), None)
    if status == last and one.state != "asked":
        return Followed(replace(one, updated_at=now), False, None)
    if status == IDLE:
        return _idle(one, chain, now)
    odd = None
    if last is not None and status not in chain.next[last]:
        odd = f"{status} came after {last}"
    steps = _more(one, Step(status, now, info))
    if one.state == "done":
        return Followed(replace(one, updated_at=now, steps=steps), False, odd)
    state: State = "running"
    if status in chain.done:
        state = "done"
    elif status in chain.failed:
        state = "failed"
    elif status in chain.cancelled:
        state = "cancelled"
    reason = (status if info is None else f"{status}: {info}") if state == "failed" else None
    return Followed(replace(one, state=state, status=status, reason=reason, updated_at=now, steps=steps), True, odd)


def _idle(one: Procedure, chain: Chain, now: int) -> Followed:
    """`Idle` says that the station does nothing of the kind: what had begun is over, in whatever way."""
    if one.state != "running" or not any(step.status in chain.next for step in one.steps):
        return Followed(one, False, None)
    reason = f"the station does nothing of the kind any more; the last that it said was {one.status}"
    after = replace(one, state="failed", reason=reason, updated_at=now, steps=_more(one, Step(IDLE, now)))
    return Followed(after, True, f"{IDLE} came after {one.status}")


def booted(one: Procedure, now: int) -> Procedure:
    """The station started anew while it was at it."""
    return replace(one, updated_at=now, steps=_more(one, Step("boot", now)))


def boots(one: Procedure) -> int:
    """How often the station started anew since it last said something of it."""
    count = 0
    for step in reversed(one.steps):
        if step.status != "boot":
            break
        count += 1
    return count


def _more(one: Procedure, step: Step) -> tuple[Step, ...]:
    return (*one.steps, step) if len(one.steps) < MOST_STEPS else (*one.steps[: MOST_STEPS - 1], step)
