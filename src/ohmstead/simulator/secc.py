"""What a station shows to vehicles: its V2G certificate, and the OCSP answer that it staples to it (M06)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from ohmstead.simulator.certificates import hash_data
from ohmstead.simulator.outbox import Answered, Message, Outcome, Words

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

WEEK = 7 * 86_400.0
"""Seconds after which the answer is asked for again, at the latest (M06.FR.10)."""


class Secc:
    """The side of one station that faces vehicles."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.chain: list[x509.Certificate] = []
        """The newest certificate and those above it."""
        self.staple: ocsp.OCSPResponse | None = None
        self._again_at: float | None = None

    def take(self, pem: str) -> None:
        """A certificate that the CSMS has brought."""
        self.chain, self.staple = x509.load_pem_x509_certificates(pem.encode()), None
        self._controller.say("a new certificate towards vehicles is installed")
        self._ask()

    def step(self) -> None:
        if self._again_at is not None and self._controller.tick >= self._again_at:
            self._ask()

    def _ask(self) -> None:
        self._again_at = None
        url = responder_url(self.chain[0])
        if url is None or len(self.chain) < 2:
            return
        words = {"ocspRequestData": {**hash_data(self.chain[0], self.chain[1], "SHA256"), "responderURL": url}}
        self._controller.put(Message("GetCertificateStatus", lambda _: words, self._heard))

    def _heard(self, outcome: Outcome) -> None:
        self._again_at = self._controller.tick + WEEK
        words: Words = outcome.words if isinstance(outcome, Answered) else {}
        if words.get("status") == "Accepted":
            self.staple = ocsp.load_der_ocsp_response(base64.b64decode(words["ocspResult"]))
            self._controller.say(f"the OCSP answer to staple says {self.staple.certificate_status.name}")
        else:
            self._controller.say("there is no OCSP answer to staple")


def responder_url(certificate: x509.Certificate) -> str | None:
    """The URL of the OCSP responder that it names."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return None
    found = [one.access_location.value for one in access if one.access_method == AuthorityInformationAccessOID.OCSP]
    return str(found[0]) if found else None
