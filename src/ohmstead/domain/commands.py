"""The life of a command, and what confirms one.

    queued -> sent -> accepted -> confirmed | unconfirmed
       |        |  -> rejected | error | timed_out
       -> expired | cancelled

`accepted` is the end where nothing later on the wire could confirm the command. A command is sent at most once: the
step to `sent` is on disk before the frame leaves, and whoever finds an old `sent` row makes it `timed_out`.

What confirms a command is a *happening*: a tuple of words such as ("status", "2", "1"). An *expectation* is the
beginning of the happenings that satisfy it, so ("status", "2") is met by any connector of EVSE 2.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

Happening = tuple[str, ...]

FINAL = frozenset({"rejected", "error", "timed_out", "expired", "cancelled", "confirmed", "unconfirmed"})
STATES = frozenset({"queued", "sent", "accepted"}) | FINAL

NEXT = {
    "queued": frozenset({"sent", "expired", "cancelled", "error"}),
    "sent": frozenset({"sent", "accepted", "rejected", "error", "timed_out", "confirmed"}),
    "accepted": frozenset({"confirmed", "unconfirmed"}),
}
"""Which states may follow; the ended ones are followed by none."""


def may_follow(state: str, following: str) -> bool:
    return following in NEXT.get(state, ())


def has_ended(state: str, awaits: bool) -> bool:
    """Whether nothing more will happen to a command; `awaits` is whether something could still confirm it."""
    return state in FINAL or (state == "accepted" and not awaits)


class Awaiting(Struct, frozen=True):
    """An accepted command that waits for its confirmation until `until` (microseconds)."""

    command_id: str
    expectation: Happening
    until: int


def meets(expectation: Happening, happening: Happening) -> bool:
    return happening[: len(expectation)] == expectation


def confirmed_by(awaiting: Iterable[Awaiting], happenings: Iterable[Happening], now: int) -> list[Awaiting]:
    """Those of `awaiting` that one of `happenings` confirms in time."""
    return [
        one
        for one in awaiting
        if one.until >= now and one.expectation in {what[: len(one.expectation)] for what in happenings}
    ]
