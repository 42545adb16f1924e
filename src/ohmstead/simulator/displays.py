"""The messages on a station's display: SetDisplayMessage, GetDisplayMessages, ClearDisplayMessage (O, 2.x)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from ohmstead.runtime import from_datetime
from ohmstead.simulator.outbox import Message, Words

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

FORMATS = ("ASCII", "UTF8")


class Displays:
    """All messages of one station, by their id."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._kept: dict[int, Words] = {}

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The calls that are answered here."""
        return {"SetDisplayMessage": self.set, "GetDisplayMessages": self.get, "ClearDisplayMessage": self.clear}

    def set(self, words: Words) -> Words:
        """Show a message, in the place of the one with its id (O06); only one is always in front (O01.FR.11)."""
        message = words["message"]
        if message["message"]["format"] not in FORMATS:
            return {"status": "NotSupportedMessageFormat"}
        transaction = message.get("transactionId")
        if transaction is not None and not self._goes_on(transaction):
            return {"status": "UnknownTransaction"}  # O02.FR.01
        if message["priority"] == "AlwaysFront":
            self._kept = {id: one for id, one in self._kept.items() if one["priority"] != "AlwaysFront"}
        self._kept[message["id"]] = message
        return {"status": "Accepted"}

    def get(self, words: Words) -> Words:
        """Report those that are asked for, if there are any (O03, O04)."""
        chosen = [
            one
            for one in self.shown()
            if one["id"] in words.get("id", [one["id"]])
            and words.get("priority") in (None, one["priority"])
            and words.get("state") in (None, one.get("state"))
        ]
        if not chosen:
            return {"status": "Unknown"}
        told = {"requestId": words["requestId"], "messageInfo": chosen}
        self._controller.after(lambda: self._controller.put(Message("NotifyDisplayMessages", lambda _: told)))
        return {"status": "Accepted"}

    def clear(self, words: Words) -> Words:
        """Take one off (O05)."""
        return {"status": "Unknown" if self._kept.pop(words["id"], None) is None else "Accepted"}

    def shown(self) -> list[Words]:
        """Those whose end, or whose transaction's, has not come."""
        self._kept = {id: one for id, one in self._kept.items() if not self._over(one)}
        return list(self._kept.values())

    def _over(self, message: Words) -> bool:
        end, transaction = message.get("endDateTime"), message.get("transactionId")
        if end is not None and from_datetime(datetime.fromisoformat(end)) <= self._controller.clock:
            return True
        return transaction is not None and not self._goes_on(transaction)

    def _goes_on(self, name: str) -> bool:
        sessions = self._controller.sessions.values()
        return any(one.transaction is not None and one.transaction.id == name for one in sessions)
