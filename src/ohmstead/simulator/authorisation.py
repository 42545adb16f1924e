"""Who may charge: what happens when a driver shows a token, online and offline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ohmstead.simulator.outbox import Failed, Message, Outcome
from ohmstead.simulator.session import Token
from ohmstead.simulator.tokens import KnownTokens, Verdict

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

_SILENT = ("Offline", "NoAnswer")


class Authorisation:
    """The station's reader and what it knows of tokens."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.tokens = KnownTokens()

    def ask(self, token: Token, then: Callable[[Verdict], None]) -> None:
        """Find out whether `token` may charge: the CSMS says so, or list and cache while there is none to ask."""
        controller = self._controller
        known = self._known(token)
        if not controller.conversation.online:
            then(self._offline(known))
            return
        if known is not None and known.status == "Accepted" and controller.variables.on("AuthCtrlr.LocalPreAuthorize"):
            then(known)
            return

        def heard(outcome: Outcome) -> None:
            if isinstance(outcome, Failed):
                then(self._offline(known) if outcome.code in _SILENT else Verdict("Invalid"))
                return
            verdict = controller.dialect.verdict(outcome.words) or Verdict("Invalid")
            controller.tariffs.of_driver(token.id, outcome.words.get("tariff"))
            controller.v2x.allow_token(token.id, outcome.words.get("allowedEnergyTransfer"))
            self.tokens.remember(token.id, verdict)
            then(verdict)

        controller.put(Message("Authorize", lambda _: controller.dialect.authorise(token), heard, urgent=True))
        controller.conversation.turn(controller.tick)

    def swipe(self, evse_id: int, token: Token, then: Callable[[str], None]) -> None:
        """A driver shows `token` at an EVSE: charging starts there, or stops if the same token or group started it.
        `then` hears the status: the CSMS's word, `Stopped`, `Occupied` or `Unavailable`. Raises LookupError."""
        controller = self._controller
        session = controller.session(evse_id)
        running = session.token
        if running is not None and running.id.lower() == token.id.lower():
            session.stop("StopAuthorized", "Local", running)
            controller.conversation.turn(controller.tick)
            then("Stopped")
            return
        if running is None and not controller.availability.operative(evse_id):
            then("Unavailable")
            return

        def heard(verdict: Verdict) -> None:
            then(self._shown(evse_id, Token(token.id, token.type, verdict.group), verdict.status))

        self.ask(token, heard)

    def _shown(self, evse_id: int, token: Token, status: str) -> str:
        controller = self._controller
        session = controller.session(evse_id)
        if status != "Accepted":
            controller.say(f"EVSE {evse_id}: token refused, {status}")
            return status
        if session.token is None and controller.reservations.refuses(evse_id, token):
            controller.say(f"EVSE {evse_id}: reserved for somebody else")
            return "Reserved"
        if session.token is None:
            session.authorise(token)
        elif token.group is not None and token.group == session.token.group:
            session.stop("StopAuthorized", "Local", token)
            status = "Stopped"
        else:
            status = "Occupied"
        controller.conversation.turn(controller.tick)
        return status

    def offline(self, token: Token) -> Verdict:
        """What list, cache and OfflineTxForUnknownIdEnabled say of a token while nobody can be asked."""
        return self._offline(self._known(token))

    def _known(self, token: Token) -> Verdict | None:
        variables = self._controller.variables
        return self.tokens.find(
            token.id,
            self._controller.now,
            use_list=variables.on("LocalAuthListCtrlr.Enabled"),
            use_cache=variables.on("AuthCacheCtrlr.Enabled"),
        )

    def _offline(self, known: Verdict | None) -> Verdict:
        variables = self._controller.variables
        if known is not None and variables.on("AuthCtrlr.LocalAuthorizeOffline"):
            return known
        unknown_may = known is None and variables.on("AuthCtrlr.OfflineTxForUnknownIdEnabled")
        return Verdict("Accepted" if unknown_may else "Unknown")
