"""Battery swaps at a station whose EVSEs are slots (S, 2.1): charged batteries come out for empty ones.

A swap begins when the CSMS asks for it (S02), or with a token that it accepted (S01). Then empty batteries go into free
slots (BatteryIn), and as many charged ones come out (BatteryOut), or are not taken in time (BatteryOutTimeout).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ohmstead.simulator.dice import Dice
from ohmstead.simulator.ev import Ev
from ohmstead.simulator.outbox import Message, Words

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller
    from ohmstead.simulator.session import Session

_HEALTH = (80.0, 100.0)


@dataclass
class Swap:
    """One swap. `owed`: batteries that were brought and not given yet; `until`: the tick by which they are taken."""

    request_id: int
    token: Words
    owed: int = 0
    until: float | None = None


class Swaps:
    """The swaps of one station: one at a time."""

    def __init__(self, controller: Controller, dice: Dice) -> None:
        self._controller, self._dice = controller, dice
        self._batteries: dict[int, tuple[Ev, str, float]] = {}
        """By EVSE: battery, serial number, health in percent."""
        self.now: Swap | None = None

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The call that is answered here."""
        return {"RequestBatterySwap": self.request}

    def request(self, words: Words) -> Words:
        """The CSMS lets somebody swap; with no charged battery there it is no use (S02.FR.04)."""
        if not self.charged():
            return {"status": "Rejected", "statusInfo": {"reasonCode": "NoBatteryAvailable"}}
        if self.now is not None:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "Busy"}}
        self.now = Swap(words["requestId"], words["idToken"])
        return {"status": "Accepted"}

    def begin(self, token: Words) -> None:
        """Somebody whose token was accepted swaps; ValueError while another does or none is charged."""
        if self.now is not None or not self.charged():
            raise ValueError("Somebody else swaps." if self.now is not None else "No charged battery is there.")
        self.now = Swap(self._dice.whole(1, 2**31 - 1), token)

    def charged(self) -> list[Session]:
        """Slots whose battery may be given."""
        least = self._controller.variables.number("BatterySwapCtrlr.TargetSoC")
        return [one for one in self._controller.sessions.values() if one.evse.ev and one.evse.ev.soc >= least]

    def bring(self, batteries: Sequence[Ev]) -> None:
        """Batteries go into free slots; ValueError when there is no swap, or fewer slots or charged batteries."""
        free = [one for one in self._controller.sessions.values() if not one.plugged]
        if self.now is None or len(batteries) > min(len(free), len(self.charged())):
            raise ValueError("No swap was begun." if self.now is None else "There are not so many slots or batteries.")
        self.now.owed += len(batteries)
        self.now.until = self._controller.tick + self._controller.variables.number("BatterySwapCtrlr.Timeout[Out]")
        filled = free[: len(batteries)]
        for session, battery in zip(filled, batteries, strict=True):
            session.plug(battery)
        self._tell("BatteryIn", self.now, filled)

    def take(self) -> list[Ev]:
        """What was brought is made up for by charged ones; ValueError when nothing is owed."""
        swap = self.now
        if swap is None or not swap.owed:
            raise ValueError("No battery was brought.")
        given = self.charged()[: swap.owed]
        self._tell("BatteryOut", swap, given)
        self.now = None
        return [ev for ev in (session.unplug() for session in given) if ev is not None]

    def step(self) -> None:
        """Nobody took them."""
        swap = self.now
        if swap is not None and swap.until is not None and self._controller.tick >= swap.until:
            self._tell("BatteryOutTimeout", swap, self.charged()[: swap.owed])
            self.now = None

    def _tell(self, event: str, swap: Swap, slots: list[Session]) -> None:
        words = {
            "eventType": event,
            "requestId": swap.request_id,
            "idToken": swap.token,
            "batteryData": [self._data(one) for one in slots],
        }
        self._controller.say(f"battery swap {swap.request_id}: {event}, {len(slots)}")
        self._controller.put(Message("BatterySwap", lambda _: words))

    def _data(self, session: Session) -> Words:
        ev = session.evse.ev
        assert ev is not None
        known = self._batteries.get(session.evse.id)
        if known is None or known[0] is not ev:
            serial, health = f"BAT{self._dice.whole(1, 10**8):08d}", round(self._dice.between(*_HEALTH), 1)
            known = self._batteries[session.evse.id] = (ev, serial, health)
        return {"evseId": session.evse.id, "serialNumber": known[1], "soC": round(ev.soc, 1), "soH": known[2]}
