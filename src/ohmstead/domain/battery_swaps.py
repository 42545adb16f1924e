"""Battery swaps: what went in and what came out under one request id is one swap (S01 to S03).

requested -> in -> swapped
              |-> timed_out -> swapped      nobody took the batteries in time; somebody may still do
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

State = Literal["requested", "in", "swapped", "timed_out"]
EventType = Literal["BatteryIn", "BatteryOut", "BatteryOutTimeout"]


class Battery(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One battery; state of charge and of health in percent."""

    evse_id: int
    serial_number: str
    soc: float
    soh: float
    produced_at: str | None = None
    info: str | None = None


class Swap(Struct, frozen=True, kw_only=True):
    """One swap; times in microseconds."""

    id: int
    request_id: int
    token: str | None
    began_at: int
    updated_at: int
    state: State = "requested"
    batteries_in: tuple[Battery, ...] = ()
    batteries_out: tuple[Battery, ...] = ()


def goes_on(before: Swap | None, event: EventType) -> bool:
    """Whether an event is of the swap that had its number last: numbers come again after a swap has ended."""
    return before is not None and not (event == "BatteryIn" and before.state in ("swapped", "timed_out"))


def swapped(before: Swap, event: EventType, batteries: tuple[Battery, ...], now: int) -> Swap:
    """The swap after an event; one that comes twice changes nothing more."""
    if event == "BatteryIn":
        state: State = "in" if before.state == "requested" else before.state
        return replace(before, state=state, batteries_in=batteries, updated_at=now)
    if event == "BatteryOut":
        return replace(before, state="swapped", batteries_out=batteries, updated_at=now)
    state = "swapped" if before.state == "swapped" else "timed_out"
    return replace(before, state=state, updated_at=now)
