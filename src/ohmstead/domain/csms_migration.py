"""B10: the way of a station to another CSMS, or to another address of this one, as a table.

| step            | what goes on                                                        | if it is cut off, or late  |
|-----------------|---------------------------------------------------------------------|----------------------------|
| network_profile | SetNetworkProfile is on its way, into a free slot                   | failed                     |
| draining        | it takes no new transactions; those that are open end first         | failed                     |
| priority        | NetworkConfigurationPriority `new,old` is on its way                | failed, the list put back  |
| reset           | Reset is on its way                                                 | watching                   |
| watching        | it must arrive at the new place, or be silent here                  | see `late`                 |
| overdue         | it has come neither there nor back                                  | -                          |
| settling        | it came; which slot it uses is asked, then the list is put right    | asked again at its boot    |
| done            |                                                                     | returned, when it comes    |
| returned        | it came back here long after it had arrived elsewhere               | -                          |
| failed          | the reason says why; the list is put back as it was                 | -                          |

Nothing leads the station away before `priority`; from then on the old slot stays second in the list, so it falls back
by itself to where it came from (B10.FR.03).
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

Step = Literal[
    "network_profile", "draining", "priority", "reset", "watching", "overdue", "settling", "done", "returned", "failed"
]  # fmt: skip
Destination = Literal["here", "tenant", "elsewhere"]
"""here: another address of this CSMS, the same tenant. tenant: another tenant of it. elsewhere: another CSMS."""
NEXT: dict[Step, frozenset[Step]] = {
    "network_profile": frozenset({"draining", "priority", "reset", "failed"}),
    "draining": frozenset({"priority", "failed"}),
    "priority": frozenset({"reset", "watching", "settling", "done", "failed"}),
    "reset": frozenset({"watching", "overdue", "settling", "done", "failed"}),
    "watching": frozenset({"overdue", "settling", "done", "failed"}),
    "overdue": frozenset({"settling", "done", "failed"}),
    "settling": frozenset({"settling", "done", "failed"}),
    "done": frozenset({"returned"}),
    "returned": frozenset(),
    "failed": frozenset(),
}
"""Which steps may follow."""
OPEN: frozenset[Step] = frozenset(NEXT) - {"done", "returned", "failed"}
AWAY: frozenset[Step] = frozenset({"priority", "reset", "watching", "overdue"})
"""Steps at which a boot here says something."""

ANSWERED_WITHIN = 600_000_000
"""Microseconds from a call of ours until its station must have answered, or come."""


class Migration(Struct, frozen=True, kw_only=True):
    """One migration. Times and spans in microseconds; `slot` and the lists only in 2.x, and once they are known."""

    step: Step
    to: Destination
    url: str | None
    """None: the slot held it already."""
    command_id: str
    started_at: int
    deadline: int | None
    """Until when the step must be over; None: nothing waits."""
    silence: int
    """How long it must be silent here until it is taken to have arrived elsewhere; or may be, until it is missed."""
    tenant: str | None = None
    """The one that it goes to."""
    slot: int | None = None
    priority: str | None = None
    """The list with the new slot first."""
    priority_was: str | None = None
    listed: bool = False
    """The station may have the new slot in its list."""
    inoperative: bool = False
    """We took it out of use until its transactions end."""
    left_at: int | None = None
    """When it was told to restart."""
    keep_old: bool = False
    """The old slots stay in the list after it has arrived here."""
    reason: str | None = None


_decode = msgspec.json.Decoder(Migration).decode


def read(text: str | None) -> Migration | None:
    """The migration as it is kept with its station."""
    return None if text is None else _decode(text)


def is_open(one: Migration | None) -> bool:
    return one is not None and one.step in OPEN


def move(one: Migration, step: Step, now: int, *, reason: str | None = None, within: int | None = None) -> Migration:
    """The migration at its next step. Raises ValueError where that cannot follow."""
    if step not in NEXT[one.step]:
        raise ValueError(f"{step} cannot follow {one.step}")
    waits = step in OPEN and step != "overdue"
    deadline = now + (ANSWERED_WITHIN if within is None else within) if waits else None
    left = now if step in ("reset", "watching") and one.left_at is None else one.left_at
    listed = one.listed or step == "priority"
    return replace(one, step=step, deadline=deadline, reason=reason, left_at=left, listed=listed)


def goes_on(one: Migration) -> bool:
    """Whether something is to be asked of the station now: which slot it uses, or that it be as it was."""
    return one.step == "settling" or (one.step == "failed" and (one.listed or one.inoperative))


def cut(one: Migration, now: int) -> Migration | None:
    """What a new connection makes of it, before the station has said anything; None: nothing. A call that was open at
    the end of the connection before will never be answered."""
    if one.step in ("network_profile", "priority"):
        return move(one, "failed", now, reason=f"the connection was lost before the station was restarted ({one.step})")
    if one.step == "reset":
        return move(
            one, "watching", now, reason="the connection was lost while it was told to restart", within=one.silence
        )
    return None


FELL_BACK = (
    "it fell back to this server: it could not connect at the new place, or was refused there; look whether the address"
    " is right, whether the station is known there with its password or certificate, and whether it trusts that server"
)


def booted(one: Migration, now: int) -> Migration | None:
    """What an accepted boot at the old place makes of it; None: nothing."""
    if one.step == "settling":
        return move(one, "settling", now)
    if one.step == "done" and one.to != "here":
        return move(one, "returned", now, reason="it came back to this server after it had arrived at the new place")
    if one.step not in AWAY:
        return None
    if one.to == "here":
        return move(one, "settling", now)
    return move(one, "failed", now, reason=FELL_BACK)


def settled(one: Migration, uses: str | None, now: int) -> Migration:
    """What the slot that it uses says, of one that came to an address of ours; None: it does not say. In 1.6 there are
    no slots: it came, and that is all that can be known."""
    if one.slot is None or uses == str(one.slot):
        return move(one, "done", now)
    if uses is None:
        return move(one, "failed", now, reason="it came, but does not say which slot it uses (ActiveNetworkProfile)")
    return move(one, "failed", now, reason=f"it came by slot {uses}, not by {one.slot}: {FELL_BACK}")


class Seen(Struct, frozen=True):
    """What is known of the station while it is awaited. Times in microseconds."""

    connected_since: int | None
    """None: offline."""
    last_seen_at: int | None
    transactions: int
    """Those that are open."""
    arrived_at: int | None = None
    """When it booted last at the other tenant, if it did."""
    refused: str | None = None
    """Why the door turned it away last, since it left."""


def late(one: Migration, seen: Seen, now: int) -> Migration | None:
    """What time makes of it; None: nothing yet."""
    if one.step in ("watching", "overdue") and one.left_at is not None and (seen.arrived_at or 0) > one.left_at:
        return move(one, "done", now, reason=f"it has booted at {one.tenant}")
    if one.deadline is None or one.deadline > now:
        return None
    if one.step in ("network_profile", "priority"):
        return move(one, "failed", now, reason=f"the station was lost before it was restarted ({one.step})")
    if one.step == "draining":
        count = seen.transactions
        text = f"{count} of its transactions did not end in time" if count else "it was not here any more"
        return move(one, "failed", now, reason=f"{text}; it stays where it is")
    return _watched(one, seen, now) if one.step in ("reset", "watching") else None


def _watched(one: Migration, seen: Seen, now: int) -> Migration | None:
    """Its time is over: it must have come, or gone."""
    left = one.left_at or one.started_at
    if seen.connected_since is not None:
        text = "it did not restart" if seen.connected_since <= left else FELL_BACK
        return move(one, "failed", now, reason=text)
    silent = now - max(left, seen.last_seen_at or 0)
    if silent < one.silence:
        return None
    minutes = f"{silent // 60_000_000} minutes"
    if one.to == "elsewhere":
        return move(one, "done", now, reason=f"it has been silent here for {minutes}: it is taken to have arrived")
    text = f"it has come neither to the new place nor back for {minutes}"
    if seen.refused is not None:
        text += f"; it was turned away last because: {seen.refused}"
    return move(one, "overdue", now, reason=text)


def answered(one: Migration, arrived: bool, now: int) -> Migration:
    """What an operator says who has looked at the other side. Raises ValueError where it does not wait for that."""
    if one.step not in ("watching", "overdue"):
        raise ValueError(f"nobody waits for the station to arrive (it is {one.step})")
    text = "an operator says that it has arrived" if arrived else "an operator says that it has not arrived"
    return move(one, "done" if arrived else "failed", now, reason=text)
