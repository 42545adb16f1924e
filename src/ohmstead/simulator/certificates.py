"""The certificates of a station: those it trusts, and its own, for which it makes the keys itself (A02, A03, M).

SignCertificate --> Accepted --> CertificateSigned: it fits the key, so it is kept --> the station connects with it.
The former one stays until the line stands: a station whose new certificate does not open the door goes back to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from ohmstead.ocpp.versions import V16, V21
from ohmstead.runtime import from_datetime, rfc3339
from ohmstead.simulator.chains import signed_by
from ohmstead.simulator.keys import Keys, Own
from ohmstead.simulator.outbox import Answered, Message, Outcome, Words

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

CSMS_ROOT = "CSMSRootCertificate"
OWN = "ChargingStationCertificate"
FOR_VEHICLES: dict[str | None, ec.EllipticCurve] = {
    "V2GCertificate": ec.SECP256R1(),
    "V2G20Certificate": ec.SECP521R1(),
}
ORGANIZATION = "SecurityCtrlr.OrganizationName"
CHAIN_SIZE = "SecurityCtrlr.MaxCertificateChainSize"
ENTRIES = "SecurityCtrlr.CertificateEntries"
ADDITIONAL_CHECK = "SecurityCtrlr.AdditionalRootCertificateCheck"
WAIT = "SecurityCtrlr.CertSigningWaitMinimum"
REPEAT = "SecurityCtrlr.CertSigningRepeatTimes"
HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
ATTEMPTS = 2
"""Connections that a new certificate may fail before the station goes back to the former one."""
_IN_16 = {"CentralSystemRootCertificate": CSMS_ROOT}


class Root(NamedTuple):
    """An authority that the station trusts; `kind` in the words of 2.x."""

    kind: str
    certificate: x509.Certificate


class Asked(NamedTuple):
    """A signing request that waits for its certificate."""

    key: ec.EllipticCurvePrivateKey
    kind: str | None
    """certificateType; None: it was not said."""
    number: int
    """requestId (2.1)."""


class Certificates:
    """All of one station. `begin` gives it what it is born with."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.own: list[Own] = []
        """The newest last; the station shows that one."""
        self.roots: list[Root] = []
        self.asked: Asked | None = None
        """The request that has no answer yet."""
        self._keep: Callable[[Own], None] = lambda _: None
        self._failures = self._numbers = self._left = 0
        self._again_at: float | None = None
        self._wait_s = 0.0
        controller.variables[ENTRIES].live = lambda: str(len(self.roots) + len(self.own))

    def begin(self, keys: Keys) -> None:
        """What it is born with, and where it keeps what it is given. Raises OSError and ValueError."""
        identity = self._controller.identity
        roots = [] if keys.ca is None else x509.load_pem_x509_certificates(keys.ca.read_bytes())
        self.roots = [Root(CSMS_ROOT, one) for one in roots]
        own = keys.own(identity)
        self.own = [] if own is None else [own]
        self._keep = lambda one: keys.keep(identity, one)

    @property
    def trusted(self) -> list[str]:
        """The roots of the CSMS, PEM."""
        return [_pem(one.certificate) for one in self.roots if one.kind == CSMS_ROOT]

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The calls that are answered here, in both dialects."""
        return {
            "CertificateSigned": self._signed,
            "InstallCertificate": self._install,
            "DeleteCertificate": self._delete,
            "GetInstalledCertificateIds": self._installed,
        }

    # ---- its own ----

    def ask(self, kind: str | None = OWN) -> None:
        """Make a key, and ask the CSMS for its certificate."""
        self._left, self._wait_s = int(self._controller.variables.number(REPEAT)), self._wait()
        self._request(kind)

    def _request(self, kind: str | None) -> None:
        self._numbers += 1
        self.asked = asked = Asked(ec.generate_private_key(FOR_VEHICLES.get(kind, ec.SECP256R1())), kind, self._numbers)
        words: Words = {"csr": self._csr(asked.key)}
        if self._controller.version is not V16 and kind is not None:
            words["certificateType"] = kind
        if self._controller.version is V21:
            words["requestId"] = asked.number
        self._again_at = None
        self._controller.put(Message("SignCertificate", lambda _: words, self._heard, allowed_early=True))

    def _csr(self, key: ec.EllipticCurvePrivateKey) -> str:
        traits, organization = self._controller.traits.security, self._controller.variables[ORGANIZATION].value
        name = traits.common_name.format(serial=self._controller.serial, identity=self._controller.identity)
        if self._controller.faults.certificates == "wrong-name":
            name = "SOMEBODY-ELSE"
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if organization:
            subject.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
        request = x509.CertificateSigningRequestBuilder(x509.Name(subject)).sign(key, hashes.SHA256())
        return request.public_bytes(Encoding.PEM).decode()

    def _heard(self, outcome: Outcome) -> None:
        accepted = isinstance(outcome, Answered) and outcome.words["status"] == "Accepted"
        if not accepted:
            self._controller.say("the CSMS does not sign the request for a certificate")
            self.asked = None
        elif self._left > 0:
            self._again_at = self._controller.tick + self._wait_s

    def step(self) -> None:
        """Ask again, with a new key, when the certificate does not come; each wait is twice the one before
        (A02.FR.17-.19)."""
        if self._again_at is None or self.asked is None or self._controller.tick < self._again_at:
            return
        self._left, self._wait_s = self._left - 1, self._wait_s * 2
        self._request(self.asked.kind)

    def _wait(self) -> float:
        return self._controller.variables.number(WAIT)

    def _signed(self, words: Words) -> Words:
        """CertificateSigned."""
        fault = self._fault(words)
        if fault is not None or self.asked is None:
            self._controller.say(f"the certificate that came is refused: {fault}")
            self._tell("InvalidChargingStationCertificate")
            return {"status": "Rejected"}
        if self.asked.kind in FOR_VEHICLES:
            self.asked = self._again_at = None
            self._controller.secc.take(words["certificateChain"])
            return {"status": "Accepted"}
        pem = self.asked.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.asked = self._again_at = None
        own = Own(pem, words["certificateChain"])
        self._keep(own)
        self._controller.say("a new certificate is installed")
        unused = self._controller.faults.certificates == "unused"
        if self._controller.traits.security.uses_new_certificate and not unused:
            self.own, self._failures = [*self.own[-1:], own], 0
            self._controller.after(self._connect_anew)
        return {"status": "Accepted"}

    def _fault(self, words: Words) -> str | None:
        """Why it is not taken (A02.FR.07)."""
        asked, chain = self.asked, words["certificateChain"]
        if asked is None:
            return "nothing was asked for"
        if self._controller.faults.certificates == "refused":
            return "it refuses them all"
        if len(chain) > self._controller.variables.number(CHAIN_SIZE):
            return "the chain is too long"
        if words.get("requestId", asked.number) != asked.number:
            return "it is the answer to another request"
        try:
            certificates = x509.load_pem_x509_certificates(chain.encode())
        except ValueError:
            return "it is no PEM"
        one, now = certificates[0], self._controller.clock
        if one.public_key() != asked.key.public_key():
            return "it is for another key"
        if from_datetime(one.not_valid_before_utc) > now or from_datetime(one.not_valid_after_utc) < now:
            return "it is not valid now"
        return None

    def _connect_anew(self) -> None:
        """At once (2.0.1 errata to A02.FR.08), where it is by certificate that the station comes in."""
        if self._controller.networks.now.security_profile == 3:
            self._controller.conversation.hang_up = True

    def proved(self) -> None:
        """The door took it: the former one goes. The CSMS shall hear that it is in use."""
        self._failures = 0
        if len(self.own) > 1:
            self.own = self.own[-1:]
            self._controller.put(Message("Heartbeat", lambda _: {}))

    def failed(self) -> None:
        """The door did not open: after some attempts the new one is thrown away, and the former one is used."""
        self._failures += 1
        if len(self.own) > 1 and self._failures >= ATTEMPTS:
            self._controller.say("the new certificate does not open the door; the former one is used again")
            self.own.pop()
            self._keep(self.own[-1])
            if self._controller.version is V21:
                self._tell("DiscardedRenewedClientCertificate")  # A02.FR.28

    def _tell(self, kind: str) -> None:
        words = {"type": kind, "timestamp": rfc3339(self._controller.clock)}
        self._controller.put(Message("SecurityEventNotification", lambda _: words))

    # ---- those it trusts ----

    def _install(self, words: Words) -> Words:
        kind = str(_IN_16.get(words["certificateType"], words["certificateType"]))
        try:
            new = Root(kind, x509.load_pem_x509_certificate(words["certificate"].encode()))
        except ValueError:
            return {"status": "Rejected"}
        others = [one for one in self.roots if one != new]  # the same again takes its own place (M05.FR.17)
        if kind == CSMS_ROOT and self._controller.variables.on(ADDITIONAL_CHECK):
            former = [one for one in others if one.kind == CSMS_ROOT]
            if former and not signed_by(new.certificate, former[-1].certificate):
                return {"status": "Rejected"}  # M05.FR.10
            others = [one for one in others if one not in former[:-1]]  # one, and one to fall back to
        high = self._controller.variables[ENTRIES].high
        if high is not None and len(others) + len(self.own) >= high:
            return {"status": "Rejected"}  # M05.FR.06
        self.roots = [*others, new]
        return {"status": "Accepted"}

    def _delete(self, words: Words) -> Words:
        wanted = {name: str(value).lower() for name, value in words["certificateHashData"].items()}
        algorithm = words["certificateHashData"]["hashAlgorithm"]
        for one in self.roots:
            said = hash_data(one.certificate, one.certificate, algorithm)
            if {name: value.lower() for name, value in said.items()} == wanted:
                if one.kind == CSMS_ROOT and len(self.trusted) == 1:
                    return {"status": "Failed"}  # it would trust nobody any more
                self.roots.remove(one)
                return {"status": "Accepted"}
        return {"status": "NotFound"}

    def _installed(self, words: Words) -> Words:
        asked = words.get("certificateType")
        algorithm = self._controller.traits.security.hash_algorithm
        if self._controller.version is V16:
            kind = _IN_16.get(str(asked), str(asked))
            found = [hash_data(one.certificate, one.certificate, algorithm) for one in self.roots if one.kind == kind]
            return {"status": "Accepted", "certificateHashData": found} if found else {"status": "NotFound"}
        chains = [
            {"certificateType": one.kind, "certificateHashData": hash_data(one.certificate, one.certificate, algorithm)}
            for one in self.roots
            if not asked or one.kind in asked
        ]
        return {"status": "Accepted", "certificateHashDataChain": chains} if chains else {"status": "NotFound"}


def hash_data(one: x509.Certificate, issuer: x509.Certificate, algorithm: str) -> dict[str, str]:
    """CertificateHashDataType: names of an OCSP CertID."""
    request = ocsp.OCSPRequestBuilder().add_certificate(one, issuer, HASHES[algorithm]).build()
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": request.issuer_name_hash.hex(),
        "issuerKeyHash": request.issuer_key_hash.hex(),
        "serialNumber": f"{request.serial_number:x}",
    }


def _pem(one: x509.Certificate) -> str:
    return one.public_bytes(Encoding.PEM).decode()
