"""Plug & Charge at a station of 2.0.1 or 2.1: a car with a contract is plugged in, and nobody shows a card.

A car without a contract certificate asks for one (M01, Get15118EVCertificate), one whose certificate ends soon for a
new one (M02); then it authorises by it (C07). The station validates the chain by its MORootCertificate or
V2GRootCertificate:

chain            with a line                                  without (ContractValidationOffline; else nobody charges)
holds            Authorize with its hash data                 as list, cache and OfflineTxForUnknownIdEnabled say
broken, expired  refused here                                 refused
its root is not  Authorize with the certificate too, if       refused
at hand          CentralContractValidationAllowed; else refused
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from ohmstead.ocpp.versions import V21
from ohmstead.runtime import from_datetime
from ohmstead.simulator.certificates import hash_data
from ohmstead.simulator.chains import Verdict, validated
from ohmstead.simulator.outbox import Answered, Message, Outcome, Words
from ohmstead.simulator.secc import responder_url
from ohmstead.simulator.session import Token

if TYPE_CHECKING:
    from ohmstead.simulator.contract_vehicle import ContractVehicle
    from ohmstead.simulator.controller import Controller
    from ohmstead.simulator.session import Session

UPDATE_BEFORE = 30 * 86_400 * 1_000_000
"""So long before its end a certificate is renewed, in microseconds."""
ASKING, NO_CERTIFICATE = "asking", "NoCertificate"
_MOST_HASHES = 4
_ROOTS = ("MORootCertificate", "V2GRootCertificate")
_NOWHERE = "http://none.invalid"
"""responderURL of a certificate that names none: 2.x wants one."""


class PlugAndCharge:
    """The cars with contracts at one station; `status` says by EVSE how it stands: asking, Accepted, or why not."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.status: dict[int, str] = {}

    def arrive(self, session: Session) -> None:
        """A car was plugged in."""
        car = session.evse.ev.contract if session.evse.ev is not None else None
        self.status.pop(session.evse.id, None)
        if car is None or not session.free or not self._serves(session):
            return
        self.status[session.evse.id] = ASKING
        held = car.held
        if not self._controller.conversation.online:
            self._without_a_line(session, car)
        elif held is None:
            self._provision(session, car, "Install")
        elif from_datetime(held.chain[0].not_valid_after_utc) - self._controller.clock < UPDATE_BEFORE:
            self._provision(session, car, "Update")
        else:
            self._ask_chain(session, car)

    def wake(self, session: Session) -> None:
        """A car that slept authorises again; LookupError where none charges by contract."""
        car = session.evse.ev.contract if session.evse.ev is not None else None
        if car is None or car.held is None or session.token is None:
            raise LookupError(f"Nobody charges by contract at EVSE {session.evse.id}.")
        self.status[session.evse.id] = ASKING
        if self._controller.conversation.online:
            self._authorise(session, car)
        else:
            self._without_a_line(session, car)

    def _serves(self, session: Session) -> bool:
        controller = self._controller
        if controller.version.dialect == "v16" or not controller.variables.on("ISO15118Ctrlr.PnCEnabled"):
            return False
        if controller.conversation.online:
            return controller.availability.operative(session.evse.id)
        if controller.variables.on("ISO15118Ctrlr.ContractValidationOffline"):
            return True
        controller.say(f"EVSE {session.evse.id}: no line, and contracts are not validated here")  # C07.FR.07
        return False

    def _validated(self, chain: tuple[x509.Certificate, ...]) -> Verdict:
        roots = [one.certificate for one in self._controller.certificates.roots if one.kind in _ROOTS]
        return validated(chain, roots, self._controller.clock)

    def _without_a_line(self, session: Session, car: ContractVehicle) -> None:
        """Validated here, then as of any token that nobody can be asked about (C07.FR.08, .09)."""
        if car.held is None:
            self.status[session.evse.id] = NO_CERTIFICATE
            return
        token = Token(car.held.emaid, "eMAID")
        status: str = self._validated(car.held.chain)
        if status == "Accepted":
            status = self._controller.authorisation.offline(token).status
        self.status[session.evse.id] = status
        self._judged(session, token, status)

    # ---- certificates ----

    def _provision(self, session: Session, car: ContractVehicle, action: str) -> None:
        from ohmstead.simulator.contract_vehicle import NAMESPACE, NotBelieved

        asked = car.ask() if action == "Install" else car.ask_for_update()
        words = {"iso15118SchemaVersion": NAMESPACE, "action": action, "exiRequest": asked}

        def heard(outcome: Outcome) -> None:
            answer: Words = outcome.words if isinstance(outcome, Answered) else {"status": "Failed"}
            why = answer.get("statusInfo", {}).get("additionalInfo", "")
            try:
                if answer["status"] == "Accepted":
                    held = car.take(answer["exiResponse"], self._controller.clock)
                    why = ""
                    self._controller.say(f"EVSE {session.evse.id}: the car has a contract certificate, {held.emaid}")
                else:
                    why = why or "no certificate came"
            except (NotBelieved, ValueError, KeyError) as error:
                why = f"the car does not believe it: {error}"
            if why:
                self._controller.say(f"EVSE {session.evse.id}: {action} of a contract certificate failed: {why}")
            self._provisioned(session, car)

        self._controller.put(Message("Get15118EVCertificate", lambda _: words, heard, urgent=True))

    def _provisioned(self, session: Session, car: ContractVehicle) -> None:
        """Whatever came of it: who holds a certificate authorises by it."""
        if session.evse.ev is None or session.evse.ev.contract is not car:
            return
        if car.held is None:
            self.status[session.evse.id] = NO_CERTIFICATE
        else:
            self._ask_chain(session, car)

    # ---- authorisation ----

    def _ask_chain(self, session: Session, car: ContractVehicle) -> None:
        """Ask whether the chain was revoked (M07.FR.01), where this station does; then authorise, unless it was."""
        controller = self._controller
        assert car.held is not None
        asked = [
            {"source": "OCSP", "urls": [one.pop("responderURL")], "certificateHashData": one}
            for one in self._hashes(car.held.chain)
            if one["responderURL"] != _NOWHERE
        ]
        if controller.version is not V21 or not controller.traits.security.asks_chain_status or not asked:
            return self._authorise(session, car)
        token = Token(car.held.emaid, "eMAID")

        def heard(outcome: Outcome) -> None:
            answer: Words = outcome.words if isinstance(outcome, Answered) else {}
            if any(one["status"] == "Revoked" for one in answer.get("certificateStatus", ())):
                self.status[session.evse.id] = "CertificateRevoked"
                self._judged(session, token, "CertificateRevoked")
            elif session.evse.ev is not None and session.evse.ev.contract is car:
                self._authorise(session, car)

        words = {"certificateStatusRequests": asked}
        controller.put(Message("GetCertificateChainStatus", lambda _: words, heard, urgent=True))

    def _authorise(self, session: Session, car: ContractVehicle) -> None:
        assert car.held is not None
        token, controller = Token(car.held.emaid, "eMAID"), self._controller
        local = self._validated(car.held.chain)
        central = local == "NoRoot" and controller.variables.on("ISO15118Ctrlr.CentralContractValidationAllowed")
        if local != "Accepted" and not central:
            self.status[session.evse.id] = local
            self._judged(session, token, local)
            return
        words = {**controller.dialect.authorise(token), "iso15118CertificateHashData": self._hashes(car.held.chain)}
        if central:
            words["certificate"] = car.held.pem  # C07.FR.06

        def heard(outcome: Outcome) -> None:
            answer: Words = outcome.words if isinstance(outcome, Answered) else {}
            verdict = controller.dialect.verdict(answer)
            status = answer.get("certificateStatus") or "Invalid"
            if status == "Accepted" and (verdict is None or verdict.status != "Accepted"):
                status = "Invalid" if verdict is None else verdict.status
            self.status[session.evse.id] = status
            if session.evse.ev is None or session.evse.ev.contract is not car:
                return
            controller.v2x.allow_token(token.id, answer.get("allowedEnergyTransfer"))
            controller.tariffs.of_driver(token.id, answer.get("tariff"))
            if verdict is not None:
                controller.authorisation.tokens.remember(token.id, verdict)
            self._judged(session, token, status)

        controller.put(Message("Authorize", lambda _: words, heard, urgent=True))

    def _judged(self, session: Session, token: Token, status: str) -> None:
        self._controller.say(f"EVSE {session.evse.id}: contract {token.id}: {status}")
        if status != "Accepted":
            if session.token is not None and session.token.id == token.id:
                session.stop("Deauthorized", "DeAuthorized")
        elif session.token is None and not self._controller.reservations.refuses(session.evse.id, token):
            session.authorise(token)

    def _hashes(self, chain: tuple[x509.Certificate, ...]) -> list[Words]:
        """OCSPRequestDataType of each whose issuer is at hand: in the chain, or installed here."""
        roots = [one.certificate for one in self._controller.certificates.roots if one.kind in _ROOTS]
        found = []
        for one, above in zip(chain, (*chain[1:], None), strict=True):
            issuer = above or next((root for root in roots if root.subject == one.issuer), None)
            if issuer is not None:
                data = hash_data(one, issuer, "SHA256")
                found.append({**data, "responderURL": responder_url(one) or _NOWHERE})
        return found[:_MOST_HASHES]
