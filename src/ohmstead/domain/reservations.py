"""H: the life of a reservation.

    requested -> active -> used | expired | cancelled
        |  -> refused
        -> used | expired | cancelled     (its answer was lost, but the station took it)
    expired -> used                       (what was charged meanwhile comes later, from a station that was offline)

`used`, `cancelled` and `refused` are ends: nothing follows.
"""

from __future__ import annotations

from typing import Literal

State = Literal["requested", "active", "used", "expired", "cancelled", "refused"]
Happening = Literal["accepted", "refused", "used", "expired", "cancelled"]

OPEN: tuple[State, ...] = ("requested", "active")
TABLE: dict[tuple[State, Happening], State] = {
    ("requested", "accepted"): "active",
    ("requested", "refused"): "refused",
    ("requested", "used"): "used",
    ("requested", "expired"): "expired",
    ("requested", "cancelled"): "cancelled",
    ("active", "accepted"): "active",
    ("active", "used"): "used",
    ("active", "expired"): "expired",
    ("active", "cancelled"): "cancelled",
    ("expired", "used"): "used",
}
"""(state, what happened) -> the state that follows; what is not in it changes nothing."""

UPDATES: dict[str, Happening] = {"Expired": "expired", "Removed": "cancelled", "NoTransaction": "used"}
"""ReservationUpdateStatusEnumType -> what happened. NoTransaction (2.1): it was used, but nobody charged."""


def from_states(happening: Happening) -> tuple[State, ...]:
    """The states in which this means anything."""
    return tuple(state for state, what in TABLE if what == happening)


def state_after(happening: Happening) -> State:
    """Where it leads, from wherever it counts."""
    return next(after for (_, what), after in TABLE.items() if what == happening)
