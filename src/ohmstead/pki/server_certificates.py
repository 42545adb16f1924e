"""Our own certificates, one ECDSA and one RSA, which renew themselves before half a day is over."""

from __future__ import annotations

import asyncio
import ssl
import weakref

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ohmstead.domain.certificates import Certificate
from ohmstead.pki.certificate import describe
from ohmstead.pki.local_ca import LocalCa
from ohmstead.pki.tls import Identity, load, server_context
from ohmstead.pki.trust import Trust
from ohmstead.runtime import log, now

LOOK_EVERY = 60.0
"""Seconds."""
ALWAYS = ("localhost", "127.0.0.1", "::1")


def server_names(public_name: str) -> tuple[str, ...]:
    """The names of our certificates, the first of which is their CN (A00.FR.510)."""
    return tuple(dict.fromkeys((public_name, *ALWAYS) if public_name else ALWAYS))


class ServerCertificates:
    """Makes the certificates of the door, and loads them into every context that it has handed out."""

    def __init__(self, ca: LocalCa, organization: str, public_name: str) -> None:
        self._ca = ca
        self._organization = organization
        self._names = server_names(public_name)
        self._contexts: weakref.WeakSet[ssl.SSLContext] = weakref.WeakSet()
        self._identities = self._make()

    def context(self, trust: Trust | None, *, rsa_key_exchange: bool = True) -> ssl.SSLContext:
        """A context for a listener, as of `tls.server_context`; its certificates are kept fresh as long as it lives."""
        context = server_context(trust, rsa_key_exchange=rsa_key_exchange)
        load(context, self._identities)
        self._contexts.add(context)
        return context

    def certificates(self) -> tuple[Certificate, ...]:
        """Those in use."""
        return tuple(describe(one.chain[0]) for one in self._identities)

    async def keep_fresh(self) -> None:
        """Renew them for ever, on the loop that does the handshakes; sockets that are open do not notice."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.renew_if_due()
            except Exception as error:
                log.exception("cannot renew the server certificates", error=repr(error))

    async def renew_if_due(self) -> bool:
        """Renew them when half of their life is over; did it?"""
        if all(now() - one.not_before < (one.not_after - one.not_before) // 2 for one in self.certificates()):
            return False
        self._identities = await asyncio.to_thread(self._make)  # an RSA key takes its time
        for context in self._contexts:
            load(context, self._identities)
        log.info("server certificates renewed", names=self._names)
        return True

    def _make(self) -> tuple[Identity, ...]:
        pair = (ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048))
        issue = self._ca.issue_server
        return tuple(Identity(key, issue(key.public_key(), self._organization, self._names)) for key in pair)
