"""What a station knows about a customer: told and forgotten when the CSMS asks (CustomerInformation: N09, N10; 2.x).

It knows verdicts about tokens and whose its past transactions were; of customer identifiers and certificates nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ohmstead.runtime import rfc3339
from ohmstead.simulator.outbox import Message, Words

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

_WAYS = ("idToken", "customerIdentifier", "customerCertificate")
_PART = 512
"""Characters of `data` in one message."""
NOTHING = "nothing is stored"


class Customers:
    """The customers of one station."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The call that is answered here."""
        return {"CustomerInformation": self.ask}

    def ask(self, words: Words) -> Words:
        """Tell, forget, or both; of one customer, named in one way (N09.FR.04)."""
        if sum(way in words for way in _WAYS) != 1:
            return {"status": "Invalid"}
        if not words["report"] and not words["clear"]:
            return {"status": "Rejected"}
        token = words["idToken"]["idToken"] if "idToken" in words else None
        text = "" if token is None else "\n".join(self._known(token))
        if words["clear"] and token is not None:
            self._forget(token)
        if words["report"]:
            self._controller.after(lambda: self._tell(words["requestId"], text or NOTHING))
        return {"status": "Accepted"}

    def _known(self, token: str) -> list[str]:
        found = [f"{place}: {verdict.status}" for place, verdict in self._controller.authorisation.tokens.about(token)]
        for one in self._controller.books:
            if one.token is not None and one.token.id.lower() == token.lower():
                energy = "goes on" if one.energy_wh is None else f"{one.energy_wh:.0f} Wh"
                found.append(f"transaction {one.id}: {rfc3339(one.started_at)}, EVSE {one.evse_id}, {energy}")
        return found

    def _forget(self, token: str) -> None:
        """Running transactions keep their token: whose they are must be told at the end."""
        self._controller.authorisation.tokens.forget(token)
        running = [session.transaction for session in self._controller.sessions.values()]
        for one in self._controller.books:
            if one.token is not None and one.token.id.lower() == token.lower() and one not in running:
                one.token = None

    def _tell(self, request_id: int, text: str) -> None:
        """In parts; the last one says that nothing follows."""
        parts = [text[start : start + _PART] for start in range(0, len(text), _PART)]
        for number, part in enumerate(parts):
            words = {
                "data": part,
                "seqNo": number,
                "generatedAt": rfc3339(self._controller.clock),
                "requestId": request_id,
                "tbc": number < len(parts) - 1,
            }
            self._controller.put(Message("NotifyCustomerInformation", lambda _, words=words: words))  # type: ignore[misc]
