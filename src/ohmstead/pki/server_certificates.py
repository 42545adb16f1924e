"""Our own certificates: by the embedded CA, one ECDSA and one RSA, which renew themselves before half a day is over; by
ACME (`pki/acme`); or from files that somebody else keeps fresh (`gateway.certificate_files`), which are watched.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ohmstead.domain.certificates import Certificate
from ohmstead.pki.certificate import UNREADABLE, describe, from_pem
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.tls import Chains, Identity, check_legacy, legacy_context, load, server_context
from ohmstead.pki.trust import Trust
from ohmstead.runtime import log, now

LOOK_EVERY = 60.0
LOOK_AT_FILES_EVERY = 5.0
"""Seconds."""
ALWAYS = ("localhost", "127.0.0.1", "::1")


def server_names(public_name: str) -> tuple[str, ...]:
    """The names of our certificates, the first of which is their CN (A00.FR.510)."""
    return tuple(dict.fromkeys((public_name, *ALWAYS) if public_name else ALWAYS))


class Unusable(Exception):
    """A certificate with its key cannot be used; the message says where it is from, and why."""


class Source(Protocol):
    """Where the certificates come from."""

    look_every: float
    """Seconds between two looks."""
    failures: int
    """How often whoever issues them failed in a row, as it knows."""

    async def look(self) -> None:
        """Look whether there is news, where that takes time."""

    def make(self) -> tuple[Identity, ...]:
        """Those to use now. Raises Unusable, or whatever the source fails with."""

    def is_due(self, used: tuple[Certificate, ...]) -> bool:
        """Whether others should be used than these."""


class Issued:
    """A pair by the embedded CA."""

    look_every, failures = LOOK_EVERY, 0

    def __init__(self, ca: LocalCa, organization: str, public_name: str) -> None:
        self._ca, self._organization, self._names = ca, organization, server_names(public_name)

    async def look(self) -> None: ...

    def make(self) -> tuple[Identity, ...]:
        pair = (ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048))
        issue = self._ca.issue_server
        return tuple(Identity(key, issue(key.public_key(), self._organization, self._names)) for key in pair)

    def is_due(self, used: tuple[Certificate, ...]) -> bool:
        """When half of their life is over."""
        return any(now() - one.not_before >= (one.not_after - one.not_before) // 2 for one in used)


class FromFiles:
    """What lies in PEM files: each the certificate, the CAs above it, and its key."""

    look_every, failures = LOOK_AT_FILES_EVERY, 0

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = [Path(path) for path in paths]
        self._seen: object = None

    async def look(self) -> None: ...

    def make(self) -> tuple[Identity, ...]:
        self._seen = self._marks()
        return tuple(map(read_identity, self._paths))

    def is_due(self, used: tuple[Certificate, ...]) -> bool:
        """When a file was written anew."""
        return self._marks() != self._seen

    def _marks(self) -> list[object]:
        return [_mark(path) for path in self._paths]


def _mark(path: Path) -> object:
    """By what one sees that a file was written anew."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_identity(path: Path) -> Identity:
    """Raises Unusable, with a reason that a person can act on."""
    where = f"gateway.certificate_files: {path}"
    try:
        return as_identity(path.read_text("ascii"), where)
    except OSError as error:
        raise Unusable(f"{where}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Unusable(f"{where}: must be PEM: {error}") from None


def as_identity(text: str, where: str) -> Identity:
    """A certificate, the CAs above it and its key, all in one text of PEM. Raises Unusable."""
    try:
        chain = tuple(from_pem(text))
        key = load_pem_private_key(text[_key_at(text) :].encode(), None)
    except (TypeError, *UNREADABLE) as error:
        why = f"must hold the certificate, its chain and its key (not encrypted), all PEM: {error}"
        raise Unusable(f"{where}: {why}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise Unusable(f"{where}: the key must be RSA or on an elliptic curve")
    if not chain or chain[0].public_key() != key.public_key():
        raise Unusable(f"{where}: the key is not that of the first certificate")
    return Identity(key, chain)


def _key_at(text: str) -> int:
    """Where the block of the private key begins. Raises ValueError."""
    return text.rindex("-----BEGIN", 0, text.index("PRIVATE KEY-----"))


class ServerCertificates:
    """Loads the certificates of the door into every context that it has handed out."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._contexts: weakref.WeakSet[ssl.SSLContext] = weakref.WeakSet()
        self._identities = source.make()
        self._failures = 0

    def context(self, trust: Trust | None, *, rsa_key_exchange: bool = True, legacy: bool = False) -> ssl.SSLContext:
        """A context for a listener, as of `tls.server_context`; its certificates are kept fresh as long as it lives."""
        context = legacy_context() if legacy else server_context(trust, rsa_key_exchange=rsa_key_exchange)
        load(context, self._identities)
        self._contexts.add(context)
        return context

    def check_legacy(self) -> None:
        """Raises tls.NoLegacy where this machine cannot do TLS 1.0 and 1.1."""
        check_legacy(self._identities)

    def certificates(self) -> tuple[Certificate, ...]:
        """Those in use."""
        return tuple(describe(one.chain[0]) for one in self._identities)

    def chains(self) -> Chains:
        """What stations are shown: our certificates in use, each with the CAs above it."""
        return tuple(one.chain for one in self._identities)

    @property
    def failures(self) -> int:
        """How often in a row others could not be had, or not be used."""
        return max(self._failures, self._source.failures)

    async def keep_fresh(self) -> None:
        """Renew them for ever, on the loop that does the handshakes; sockets that are open do not notice."""
        while True:
            await asyncio.sleep(self._source.look_every)
            try:
                await self.renew_if_due()
                self._failures = 0
            except Exception as error:
                self._failures += 1
                log.exception("cannot renew the server certificates", error=repr(error))

    async def renew_if_due(self) -> bool:
        """Use others where that is due; did it? What cannot be used changes nothing, and is raised."""
        await self._source.look()
        if not self._source.is_due(self.certificates()):
            return False
        self._identities = await asyncio.to_thread(self._source.make)  # an RSA key takes its time
        for context in self._contexts:
            load(context, self._identities)
        log.info("server certificates renewed", subjects=[one.subject for one in self.certificates()])
        return True
