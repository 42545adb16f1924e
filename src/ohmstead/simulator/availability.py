"""Which connectors are in service, and what the CSMS has been told about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ohmstead.simulator.outbox import Failed, Message, Outcome, Words

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller


class Place(NamedTuple):
    """A connector as the CSMS knows it: (EVSE, connector), its status now, and the notification that tells it."""

    key: tuple[int, int]
    status: str
    words: Words
    action: str = "StatusNotification"


class Availability:
    """ChangeAvailability outlives reboots; a connector in a transaction follows when that ends (G03.FR.05)."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._scheduled: dict[tuple[int, int], bool] = {}
        self._told: dict[tuple[int, int], str] = {}

    def operative(self, evse_id: int) -> bool:
        """Whether this EVSE may start charging."""
        return any(connector.operative for connector in self._controller.session(evse_id).evse.connectors)

    def places(self, evse_id: int | None = None, connector_id: int | None = None) -> list[tuple[int, int]]:
        """(EVSE, connector) of all connectors, of one EVSE's, or one; empty when there is no such."""
        return [
            (session.evse.id, connector.id)
            for session in self._controller.sessions.values()
            for connector in session.evse.connectors
            if evse_id in (None, session.evse.id) and connector_id in (None, connector.id)
        ]

    def change(self, places: list[tuple[int, int]], *, operative: bool) -> str:
        """Switch these connectors once the call in work is answered: Accepted, or Scheduled if one must wait."""
        status = "Accepted"
        for place in places:
            self._scheduled[place] = operative
            if not operative and self._controller.sessions[place[0]].transaction is not None:
                status = "Scheduled"
        self._controller.after(self.settle)
        return status

    def settle(self) -> None:
        """Make the wished changes that need not wait any longer, and tell what is new."""
        for place, operative in list(self._scheduled.items()):
            session = self._controller.sessions[place[0]]
            if operative or session.transaction is None:
                del self._scheduled[place]
                connector = next(c for c in session.evse.connectors if c.id == place[1])
                connector.operative = operative
        self.tell()

    def forget(self) -> None:
        """After a boot everything is told again."""
        self._told.clear()

    def tell(self) -> None:
        """Send a notification for each place whose status the CSMS has not heard yet."""
        if not self._controller.conversation.online:
            return
        for place in self._controller.dialect.places():
            if self._told.get(place.key) != place.status:
                self._tell(place)

    def _tell(self, place: Place) -> None:
        def heard(outcome: Outcome) -> None:
            if isinstance(outcome, Failed) and self._told.get(place.key) == place.status:
                del self._told[place.key]

        self._told[place.key] = place.status
        self._controller.put(Message(place.action, lambda _: place.words, heard))
