"""What a station keeps free, and for whom: ReserveNow, CancelReservation, and the time after which it is over (H)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ohmstead.simulator.outbox import Message

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller
    from ohmstead.simulator.session import Token


@dataclass(frozen=True)
class Reservation:
    """One reservation; `evse_id` None: any EVSE, as long as one is left."""

    number: int
    evse_id: int | None
    token: str
    group: str | None
    until: int
    """Microseconds UTC, simulated."""

    def admits(self, token: Token) -> bool:
        """Whether this token, or its group, may use it (H03)."""
        return token.id.lower() == self.token.lower() or (self.group is not None and token.group == self.group)


class Reservations:
    """All reservations of one station."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._kept: dict[int, Reservation] = {}

    def at(self, evse_id: int) -> Reservation | None:
        """The reservation that keeps this very EVSE free."""
        return next((one for one in self._kept.values() if one.evse_id == evse_id), None)

    def make(self, one: Reservation) -> str:
        """The station's answer; a number that it knows replaces the older one (H01.FR.02)."""
        sessions = self._controller.sessions
        if one.evse_id is not None and one.evse_id not in sessions:
            return "Rejected"
        if one.until <= self._controller.now:
            return "Rejected"
        places = [evse_id for evse_id in sessions if one.evse_id in (None, evse_id)]
        working = [evse_id for evse_id in places if self._controller.availability.operative(evse_id)]
        if not working:
            return "Unavailable"
        others = [kept for kept in self._kept.values() if kept.number != one.number]
        taken = {kept.evse_id for kept in others}
        unnamed = sum(kept.evse_id is None for kept in others)
        left = [evse_id for evse_id in working if sessions[evse_id].free and evse_id not in taken]
        if len(left) <= (unnamed if one.evse_id is None else 0):
            return "Occupied"
        self._kept[one.number] = one
        self._controller.say(f"reservation {one.number} for {one.token}")
        self._controller.after(self._controller.availability.tell)
        return "Accepted"

    def cancel(self, number: int) -> str:
        """Accepted, or Rejected if there is none of this number."""
        if self._kept.pop(number, None) is None:
            return "Rejected"
        self._controller.after(self._controller.availability.tell)
        return "Accepted"

    def refuses(self, evse_id: int, token: Token) -> bool:
        """Whether the place is kept for somebody else."""
        kept = self.at(evse_id)
        return kept is not None and not kept.admits(token)

    def use(self, evse_id: int, token: Token) -> int | None:
        """The number of the reservation that this token uses up by charging here."""
        for one in self._kept.values():
            if one.evse_id in (None, evse_id) and one.admits(token):
                del self._kept[one.number]
                return one.number
        return None

    def step(self) -> None:
        """What has expired is told (H04), and the place is free again."""
        for one in [one for one in self._kept.values() if one.until <= self._controller.now]:
            del self._kept[one.number]
            self._controller.say(f"reservation {one.number} expired")
            if self._controller.version.dialect != "v16":
                self._tell(one)
            self._controller.availability.tell()

    def _tell(self, one: Reservation) -> None:
        words = {"reservationId": one.number, "reservationUpdateStatus": "Expired"}
        self._controller.put(Message("ReservationStatusUpdate", lambda _: words))
