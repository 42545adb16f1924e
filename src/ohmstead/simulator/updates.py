"""New firmware in a station: fetched, its signature checked, installed by a reboot (L01, L02; 1.6 plain and signed).

Downloading -> Downloaded -> SignatureVerified -> Installing -> InstallRebooting -> (boots with its version) Installed

The version is what stands behind `version` in the file's first bytes (`version: 2.1`), else a part of its SHA-256. A
signing certificate must be valid, and made by a ManufacturerRootCertificate if any was installed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ohmstead.runtime import from_datetime, rfc3339
from ohmstead.simulator.outbox import Message, Words
from ohmstead.simulator.profiles import moment
from ohmstead.simulator.transfers import Carried, Transfer

if TYPE_CHECKING:
    from ohmstead.simulator.controller import Controller

INSTALL_S = 10.0
"""Seconds that the installation takes."""
MANUFACTURER = "ManufacturerRootCertificate"
_PLAIN = ("Downloading", "Downloaded", "DownloadFailed", "Installing", "Installed", "InstallationFailed")
"""What 1.6 can say of firmware that is not signed."""
_VERSION = re.compile(rb"version\s*[:=]\s*([A-Za-z0-9._+-]{1,50})", re.IGNORECASE)


@dataclass
class Update:
    """One update. `state`: waiting, downloading, ready, installing, rebooting; times in microseconds UTC."""

    action: str
    """By which its steps are told."""
    number: int | None
    location: str
    retrieve_at: int
    install_at: int
    certificate: str | None
    signature: str | None
    retries: int
    interval_s: float
    state: str = "waiting"
    not_before: float = 0.0
    """The tick of the next step."""
    status: str = ""
    version: str = ""


class Updates:
    """The firmware of one station."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.version = controller.traits.boot.firmware
        self.now: Update | None = None
        """The update that goes on."""

    def handlers(self) -> dict[str, Callable[[Words], Words]]:
        """The calls that are answered here."""
        if self._controller.version.dialect == "v16":
            return {"UpdateFirmware": self._plain, "SignedUpdateFirmware": self._ask}
        return {"UpdateFirmware": self._ask}

    def _plain(self, words: Words) -> Words:
        action, at = "FirmwareStatusNotification", moment(words["retrieveDate"])
        retries, interval_s = words.get("retries", 0), words.get("retryInterval", 30)
        if self.now is None or self.now.state in ("waiting", "downloading"):
            self.now = Update(action, None, words["location"], at, 0, None, None, retries, interval_s)
        return {}

    def _ask(self, words: Words) -> Words:
        firmware, replaced = words["firmware"], self.now is not None
        if self.now is not None and self.now.state in ("installing", "rebooting"):
            return {"status": "Rejected"}
        certificate = firmware.get("signingCertificate")
        if certificate is not None and not self._believes(certificate):
            self._controller.after(lambda: self._secure("InvalidFirmwareSigningCertificate"))
            return {"status": "InvalidCertificate"}
        signed16 = self._controller.version.dialect == "v16"
        self.now = Update(
            "SignedFirmwareStatusNotification" if signed16 else "FirmwareStatusNotification",
            words["requestId"],
            firmware["location"],
            moment(firmware["retrieveDateTime"]),
            moment(firmware["installDateTime"]) if "installDateTime" in firmware else 0,
            certificate,
            firmware.get("signature"),
            words.get("retries", 0),
            words.get("retryInterval", 30),
        )
        return {"status": "AcceptedCanceled" if replaced else "Accepted"}

    def step(self) -> None:
        """Do what is due."""
        controller, update = self._controller, self.now
        if update is None or controller.tick < update.not_before:
            return None
        if update.state == "waiting":
            self._fetch(update)
        elif update.state == "ready" and not any(one.transaction for one in controller.sessions.values()):
            if controller.clock < update.install_at:
                return self._tell(update, "InstallScheduled", once=True)
            self._tell(update, "Installing")
            update.state, update.not_before = "installing", controller.tick + INSTALL_S
        elif update.state == "installing":
            self._tell(update, "InstallRebooting")
            if controller.faults.firmware != "unchanged":
                self.version = update.version
            update.state = "rebooting"
            controller.life.reset("FirmwareUpdate", "Reboot")

    def _fetch(self, update: Update) -> None:
        if self._controller.clock < update.retrieve_at:
            return self._tell(update, "DownloadScheduled", once=True)
        self._tell(update, "Downloading")
        update.state = "downloading"
        if self._controller.faults.firmware != "stuck":
            self._controller.transfers.append(Transfer("GET", update.location, lambda got: self._got(update, got)))

    def _got(self, update: Update, got: Carried) -> None:
        if self.now is not update:
            return None
        if not got.well:
            self._controller.say(f"firmware {update.location} cannot be fetched: {got.why}")
            if update.retries > 0:
                update.retries, update.state = update.retries - 1, "waiting"
                update.not_before = self._controller.tick + update.interval_s
                return None
            return self._fail(update, "DownloadFailed")
        self._tell(update, "Downloaded")
        if update.certificate is not None and update.signature is not None:
            if self._controller.faults.firmware == "unverified" or not _holds(update, got.body):
                self._secure("InvalidFirmwareSignature")
                return self._fail(update, "InvalidSignature")
            self._tell(update, "SignatureVerified")
        found = _VERSION.search(got.body[:4096])
        update.version = found[1].decode() if found else hashlib.sha256(got.body).hexdigest()[:12]
        update.state = "ready"

    def _fail(self, update: Update, status: str) -> None:
        self._tell(update, status)
        self.now = None

    def booted(self) -> None:
        """The CSMS has accepted a boot."""
        update = self.now
        if update is None or update.state != "rebooting":
            return None
        if self._controller.faults.firmware == "reboot-loop":
            return self._controller.life.reset("FirmwareUpdate", "Reboot")
        self._tell(update, "Installed")
        self.now = None
        self._secure("FirmwareUpdated")

    def tell(self) -> None:
        """The state as it is, because the CSMS asked."""
        action = "FirmwareStatusNotification"
        words: Words = {"status": "Idle"}
        if self.now is not None and self.now.action == action and self.now.status:
            words = self._words(self.now)
        self._controller.put(Message(action, lambda _: words, allowed_early=True))

    def _tell(self, update: Update, status: str, *, once: bool = False) -> None:
        if (once and update.status == status) or (self._is_plain(update) and status not in _PLAIN):
            return
        update.status = status
        words = self._words(update)
        self._controller.say(f"firmware: {status}")
        self._controller.put(Message(update.action, lambda _: words))

    def _is_plain(self, update: Update) -> bool:
        return update.number is None

    def _words(self, update: Update) -> Words:
        number = {} if update.number is None else {"requestId": update.number}
        return {"status": update.status, **number}

    def _secure(self, event: str) -> None:
        words = {"type": event, "timestamp": rfc3339(self._controller.clock)}
        self._controller.put(Message("SecurityEventNotification", lambda _: words))

    def _believes(self, pem: str) -> bool:
        try:
            chain = x509.load_pem_x509_certificates(pem.encode())
        except ValueError:
            return False
        leaf, now = chain[0], self._controller.clock
        if not from_datetime(leaf.not_valid_before_utc) <= now < from_datetime(leaf.not_valid_after_utc):
            return False
        roots = [root.certificate for root in self._controller.certificates.roots if root.kind == MANUFACTURER]
        return not roots or any(_leads(chain, root) for root in roots)


def _leads(chain: list[x509.Certificate], root: x509.Certificate) -> bool:
    """Whether each certificate is signed by the next, and the last by `root`; or the first is `root`."""
    if chain[0] == root:
        return True
    try:
        for one, above in zip(chain, [*chain[1:], root], strict=True):
            if one != root:
                one.verify_directly_issued_by(above)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _holds(update: Update, content: bytes) -> bool:
    """Whether the signature (base64, SHA-256: ECDSA, RSA-PSS or PKCS #1 1.5) is one over `content`."""
    assert update.certificate is not None
    assert update.signature is not None
    key = x509.load_pem_x509_certificates(update.certificate.encode())[0].public_key()
    try:
        raw = base64.b64decode("".join(update.signature.split()), validate=True)
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(raw, content, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            _verify_rsa(key, raw, content)
        else:
            return False
    except (InvalidSignature, binascii.Error):
        return False
    return True


def _verify_rsa(key: rsa.RSAPublicKey, raw: bytes, content: bytes) -> None:
    try:
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
        key.verify(raw, content, pss, hashes.SHA256())
    except InvalidSignature:
        key.verify(raw, content, padding.PKCS1v15(), hashes.SHA256())
