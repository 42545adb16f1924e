"""A05: the way of a station from one security profile to another, as a table.

| step            | what goes on                                            | the door takes | if it is cut off        |
|-----------------|---------------------------------------------------------|----------------|-------------------------|
| network_profile | SetNetworkProfile is on its way, into a free slot       | old            | failed                  |
| priority        | NetworkConfigurationPriority `new,old` is on its way    | old and new    | failed, unless it comes |
| reset           | Reset is on its way; 1.6: the key SecurityProfile       | old and new    | proof                   |
| proof           | it must come with the new profile, and boot or speak    | old and new    | overdue                 |
| overdue         | it has not come anew in time                            | old and new    | -                       |
| settling        | it came; the priority `new` is on its way               | new            | asked again at its boot |
| done            |                                                         | new            | -                       |
| failed          | the reason says why                                     | old            | -                       |

So at each step there is a way back in: until the priority is told, nothing leads the station to the new profile; from
then on either opens the door, until it has proved the new one (A05.FR.07: by having connected with it; it counts with
its accepted boot, or its first message where it connects anew without a boot), or booted with the old one after its
reset, or came anew with the old one and stayed.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

Step = Literal["network_profile", "priority", "reset", "proof", "overdue", "settling", "done", "failed"]
NEXT: dict[Step, frozenset[Step]] = {
    "network_profile": frozenset({"priority", "failed"}),
    "priority": frozenset({"reset", "proof", "settling", "done", "failed"}),
    "reset": frozenset({"proof", "overdue", "settling", "done", "failed"}),
    "proof": frozenset({"overdue", "settling", "done", "failed"}),
    "overdue": frozenset({"settling", "done", "failed"}),
    "settling": frozenset({"settling", "done"}),
    "done": frozenset(),
    "failed": frozenset(),
}
"""Which steps may follow."""
BOTH: frozenset[Step] = frozenset({"priority", "reset", "proof", "overdue"})
"""Steps at which the door takes either profile."""
OPEN: frozenset[Step] = BOTH | {"network_profile", "settling"}
BEFORE_RESET: frozenset[Step] = frozenset({"network_profile", "priority"})

ANSWERED_WITHIN = 600_000_000
"""Microseconds from a call of ours until its station must have come, or answered."""
IDLE_WITHIN = 24 * 3600_000_000
"""Microseconds, where a station waits for the end of its transactions first."""


class Upgrade(Struct, frozen=True, kw_only=True):
    """One move. Times in microseconds; `slot`, `url` and priorities only in 2.x, and as soon as they are known."""

    step: Step
    was: int
    to: int
    command_id: str
    started_at: int
    deadline: int | None
    """Until when the step must be over; None: it is the last one."""
    url: str | None = None
    slot: int | None = None
    priority: str | None = None
    """The list with the new slot first."""
    priority_was: str | None = None
    reason: str | None = None


_decode = msgspec.json.Decoder(Upgrade).decode


def read(text: str | None) -> Upgrade | None:
    """The upgrade as it is kept with its station."""
    return None if text is None else _decode(text)


def is_open(one: Upgrade | None) -> bool:
    return one is not None and one.step in OPEN


def taken(profile: int, text: str | None) -> tuple[int, ...]:
    """The security profiles with which a station may come in, its own first; `text` is its upgrade as it is kept."""
    one = read(text)
    return (profile, one.to) if one is not None and one.step in BOTH and one.was == profile else (profile,)


def move(one: Upgrade, step: Step, now: int, *, reason: str | None = None, within: int = ANSWERED_WITHIN) -> Upgrade:
    """The upgrade at its next step. Raises ValueError where that cannot follow."""
    if step not in NEXT[one.step]:
        raise ValueError(f"{step} cannot follow {one.step}")
    ends = step in ("overdue", "done", "failed")
    return replace(one, step=step, deadline=None if ends else now + within, reason=reason)


def cut(one: Upgrade, came_with: int, now: int) -> Upgrade | None:
    """What a new connection makes of it, before the station has said anything; None: nothing. A call that was open at
    the end of the connection before will never be answered."""
    if one.step in BEFORE_RESET and came_with == one.was:
        return move(one, "failed", now, reason=f"the connection was lost before the station was reset ({one.step})")
    if one.step in ("priority", "reset"):
        return move(one, "proof", now, reason="the connection was lost while it was told to reset")
    return None


FELL_BACK = "it came back with the old profile: look into GET /refusals, and whether it trusts the CA of this server"


def booted(one: Upgrade, came_with: int, now: int) -> Upgrade | None:
    """What an accepted boot makes of it; None: nothing."""
    if one.step in BOTH and came_with == one.to:
        return move(one, "done" if one.priority is None else "settling", now)
    if one.step in ("proof", "overdue") and came_with == one.was:
        return move(one, "failed", now, reason=FELL_BACK)
    if one.step == "settling":
        return move(one, "settling", now)
    return None


def spoke(one: Upgrade, came_with: int, now: int) -> Upgrade | None:
    """What a message of a station makes of it that connected anew and is let speak without a boot; None: nothing. With
    the old profile that proves nothing: it may not have been reset yet."""
    return booted(one, came_with, now) if one.step in BOTH and came_with == one.to else None


STAYED = 3600_000_000
"""Microseconds that a station is connected before that means that it fell back to the old profile: with the new one it
would have said something by then."""


def late(one: Upgrade, now: int, connected_since: int | None = None) -> Upgrade | None:
    """What the end of its time makes of it; None: nothing. `connected_since`: None while it is offline."""
    if one.step == "overdue":
        return _fell_back(one, now, connected_since)
    if one.deadline is None or one.deadline > now:
        return None
    if one.step in BEFORE_RESET:
        return move(one, "failed", now, reason=f"the station was lost before it was reset ({one.step})")
    if one.step not in ("reset", "proof"):
        return None
    if connected_since is None:
        text = "it has not come back in time, with neither profile; it is let in with either until it does"
        return move(one, "overdue", now, reason=text)
    if connected_since > one.started_at:
        return _fell_back(one, now, connected_since)
    text = "it is connected as before, and has not come anew: reset it; it is let in with either profile until it does"
    return move(one, "overdue", now, reason=text)


def _fell_back(one: Upgrade, now: int, since: int | None) -> Upgrade | None:
    """Of a 2.x station that came anew, and not with the new profile, which would have proved it; it did not boot. Its
    list of network profiles is put right then, so it can do without the new one. (1.6 has no such list.)"""
    stays = since is not None and one.started_at < since < now - STAYED
    return move(one, "failed", now, reason=FELL_BACK) if stays and one.priority_was is not None else None


# ---------------------------------------------------------------------- what may be asked


class Forbidden(Exception):
    """The move is against the specification, or cannot succeed; the message says what to do."""


NAMES = ("none", "basic", "tls_basic", "tls_client_certificate")


def named(profile: int) -> str:
    """A profile is never shown without its name."""
    return f"{profile} ({NAMES[profile]})"


def check(was: int, to: int, version: str | None, downgrade_allowed: bool) -> None:
    """Raises Forbidden for a move that OCPP does not allow (A00.FR.005, A05.FR.08 to .10)."""
    if to == was:
        raise Forbidden(f"The station has security profile {named(to)} already.")
    if to > was:
        return
    if (was, to) != (3, 2):
        raise Forbidden(f"From {named(was)} to {named(to)} no station may go by OCPP (A00.FR.005, A05.FR.09).")
    if version != "2.1":
        text = f"Only in OCPP 2.1 may a station go from {named(3)} to {named(2)}; it speaks {version or 'nothing yet'}."
        raise Forbidden(f"{text} (A00.FR.005)")
    if not downgrade_allowed:
        text = "its variable SecurityCtrlr.AllowSecurityProfileDowngrade is not known to be true: set it, then read it"
        raise Forbidden(f"The station does not allow a lower profile: {text} (A05.FR.08, .10).")


def free_slot(priority: str, possible: tuple[str, ...], wanted: int | None = None) -> int:
    """A slot that is not in the list of those that are used; `possible` are those that the station says it has. Raises
    Forbidden."""
    used = slots(priority)
    if wanted is not None:
        if wanted in used:
            raise Forbidden(f"Slot {wanted} is in use (NetworkConfigurationPriority {priority}); choose another.")
        return wanted
    known = sorted({slot for one in possible for slot in slots(one)})
    candidates = known or [*range(1, 10)]
    free = [slot for slot in candidates if slot not in used]
    if not free:
        raise Forbidden(f"The station has no free slot for a network profile: all of {priority} are in use.")
    return free[0]


def slots(text: str) -> list[int]:
    """The numbers in a list such as `1,0`."""
    return [int(part) for part in (one.strip() for one in text.split(",")) if part.isdigit()]
